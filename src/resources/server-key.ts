/** Takes a real server's key apart: `tcp 12.0.0.1:80 10.0.0.10:80` is its service's and then `ADDRESS:PORT`. */
export function splitServerKey(key: string): [service: string, server: string] {
  const at = key.lastIndexOf(' ');
  return [key.slice(0, Math.max(at, 0)), key.slice(at + 1)];
}
