import { expect, it } from 'vitest';
import { unitName } from '../../src/roles/unit-name.js';

// `systemd-escape -p PATH` of systemd 252
it.each([
  ['/var/www/html', 'var-www-html'],
  ['/', '-'],
  ['/srv/a-b', 'srv-a\\x2db'],
  ['/srv/.hidden', 'srv-.hidden'],
  ['/.x', '\\x2ex'],
  ['/srv/my files', 'srv-my\\x20files'],
  ['/srv/größe', 'srv-gr\\xc3\\xb6\\xc3\\x9fe'],
  ['/srv/a"b$c;{d}', 'srv-a\\x22b\\x24c\\x3b\\x7bd\\x7d'],
  ['/srv/x:y_z', 'srv-x:y_z'],
  ['/srv/100%', 'srv-100\\x25'],
  ['/srv/back\\slash', 'srv-back\\x5cslash'],
  ['/srv/a/.b', 'srv-a-.b'],
  ['/srv/-x', 'srv-\\x2dx'],
  ["/it's", 'it\\x27s'],
  ['/srv/@home+1,2=3~4', 'srv-\\x40home\\x2b1\\x2c2\\x3d3\\x7e4'],
])('%s is the unit %s', (path, name) => {
  expect(unitName(path)).toBe(name);
});
