import { blockKind } from './block.js';
import { daemonReload } from './in-place.js';
import { fromOctal, toOctal } from './octal.js';

/** A line of our block in fstab(5); key: `FILE MOUNTPOINT`. systemd makes its mount units of /etc/fstab. */
export const fstabEntry = blockKind<{ source: string; type: string; options: string }>({
  name: 'fstab-entry',
  id: 'function id(s,  word) { split(s, word, " "); return word[2] }',
  identify: mountpoint => toOctal(mountpoint),
  write: (mountpoint, { source, type, options }) =>
    `${[source, mountpoint, type, options].map(word => toOctal(word)).join(' ')} 0 0`,
  read(line) {
    const [source, mountpoint, type, options] = (line.match(/[^ \t\r]+/g) ?? []).map(fromOctal);
    if (options === undefined || source!.startsWith('#')) return undefined;
    return [mountpoint!, { source: source!, type: type!, options }];
  },
  afterwards: `case $1 in /etc/fstab) ${daemonReload} ;; esac`,
});
