import type { Rule } from './rule.js';

/** Finds a share that is mounted where the web server of the same host does not look. */
export const webRootNotShared: Rule = {
  id: 'web-root-not-shared',
  title: 'A web server beside NFS mounts serves one of them.',
  severity: 'warning',
  judge: ({ realServers }) =>
    realServers.flatMap(({ name, web, mounts }) => {
      const related = (at: string) => `${web!.root}/`.startsWith(`${at}/`) || at.startsWith(`${web!.root}/`);
      const [mount] = mounts;
      if (web === undefined || mount === undefined || mounts.some(({ at }) => related(at))) return [];
      return [
        {
          host: name,
          place: mount.place,
          message: `${name} mounts ${mount.share} at ${mount.at}, and its web server serves ${web.root}`,
          remedy: `write \`at: ${web.root}\`, or give the web server that \`root\``,
        },
      ];
    }),
};
