import { vipRouteMissing } from '../../src/rules/vip-route-missing.js';
import { testRule } from './cases.js';

testRule(vipRouteMissing, [
  { title: 'leaves an outside interface alone, whose network it does not know' },
  {
    title: 'takes a VIP in the network of the director',
    edits: { ', outside: ens37': '', '12.0.0.1/24': '192.168.80.8/24' },
  },
  {
    title: 'names the route that a VIP from elsewhere needs',
    edits: { ', outside: ens37': '', 'mode: nat': 'mode: dr' },
    says: [
      {
        line: 15,
        message: 'the VIP 12.0.0.1/24 lies in no network of lb1',
        remedy: 'give the router 12.0.0.1/32 via 192.168.80.80',
      },
    ],
  },
  {
    title: 'is content when a router has the route',
    edits: {
      ', outside: ens37': '',
      'mode: nat': 'mode: dr',
      'client:':
        'routers: [{ name: r, addresses: [192.168.80.254/24], routes: [{ to: 12.0.0.1/32, via: 192.168.80.80 }] }]\nclient:',
    },
  },
]);
