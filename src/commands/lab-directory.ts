import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the lab of a cluster keeps its state: below XDG_STATE_HOME, one directory a cluster. */
export function labDirectory(cluster: string): string {
  const home =
    process.env.LVSCTL_LAB_HOME ??
    join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'lvsctl/lab');
  return join(home, cluster);
}
