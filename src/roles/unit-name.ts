/** The name that systemd gives the unit of a mount point, without its suffix (systemd.unit(5), systemd-escape -p). */
export function unitName(path: string): string {
  const trimmed = path.replace(/\/+/g, '/').replace(/^\/|\/$/g, '');
  if (trimmed === '') return '-';
  const escaped = [...Buffer.from(trimmed)].map((byte, index) => {
    const char = String.fromCharCode(byte);
    if (char === '/') return '-';
    const plain = /[A-Za-z0-9:_]/.test(char) || (char === '.' && index > 0);
    return plain ? char : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return escaped.join('');
}
