import type { Address } from '../resources/kind.js';

/** `lb1/virtual-service["tcp 12.0.0.1:80"]`: one name for one entry of one host, in JSON and in logs. */
export function address({ host, kind, key }: Address): string {
  return `${host}/${kind}[${JSON.stringify(key)}]`;
}
