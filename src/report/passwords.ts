import type { State } from '../resources/kind.js';

/** What stands wherever a secret would. */
export const masked = '(sensitive)';

/** A state in which each password of VRRP that somebody wrote into a file of keepalived stands as (sensitive). */
export function withoutPasswords(state: State | undefined): State | undefined {
  if (typeof state?.content !== 'string') return state;
  const { content, encoding } = state;
  const text = encoding === 'base64' ? Buffer.from(content, 'base64').toString('latin1') : content;
  const shown = text.replace(/(auth_pass[ \t]+).+/g, `$1${masked}`);
  return shown === text ? state : { ...state, content: encoding === 'base64' ? masked : shown };
}
