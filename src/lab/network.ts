/** Whether an address lies in the network of an interface address such as 192.168.80.10/24. */
export function holds(interfaceAddress: string, address: string): boolean {
  const [own = '', prefix = '32'] = interfaceAddress.split('/');
  const shift = 2 ** (32 - Number(prefix));
  return Math.floor(bits(own) / shift) === Math.floor(bits(address) / shift);
}

const bits = (address: string) => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
