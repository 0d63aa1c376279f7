/**
 * Shell text that gives `hidden PATH`, for a path that does not seem to be there: true, and said, when a folder on the
 * way lets root alone look into it. No process is started.
 */
export const hidden = `
hidden() {
  above=\${1%/*}
  while [ -n "$above" ] && [ ! -e "$above" ]; do above=\${above%/*}; done
  [ -d "$above" ] && [ ! -x "$above" ] && echo "root alone may look into $above" >&2
}
`;
