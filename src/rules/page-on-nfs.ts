import type { Rule } from './rule.js';

/** Finds pages that would be written onto a share, over what others keep there. */
export const pageOnNfs: Rule = {
  id: 'page-on-nfs',
  title: 'No page is written onto an NFS mount.',
  severity: 'error',
  judge: ({ realServers }) =>
    realServers.flatMap(({ name, web, mounts }) => {
      const over = mounts.find(({ at }) => web && `${web.root}/`.startsWith(`${at}/`));
      if (web?.page === undefined || over === undefined) return [];
      return [
        {
          host: name,
          place: web.place,
          message: `${name}'s page would be written onto the share ${over.share}, mounted at ${over.at}`,
          remedy: 'remove `page`: the share holds the content; or give the web server another `root`',
        },
      ];
    }),
};
