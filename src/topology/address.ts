import { Address4, Address6 } from 'ip-address';

/** What is wrong with a text, and what to write instead. */
interface Refusal {
  message: string;
  remedy: string;
}

type Check = (text: string) => Refusal | undefined;

/** The formats of the schema: each says what is wrong with a text, or nothing. Literal IPv4 only, read strictly. */
export const formats: Readonly<Record<string, Check>> = {
  'ipv4-interface': text =>
    refusal(text) ??
    (text.includes('/')
      ? prefixInRange(text)
      : {
          message: `\`${text}\` has no prefix length`,
          remedy: `write it with the length of its network, such as ${text}/24`,
        }),
  'ipv4-address': text =>
    refusal(text) ??
    (text.includes('/')
      ? {
          message: `\`${text}\` has a prefix length, and an address alone is wanted`,
          remedy: `write ${text.replace(/\/.*/, '')}`,
        }
      : undefined),
  'ipv4-network': text => refusal(text) ?? networkItself(text),
  // A network that is not all there is.
  'ipv4-part': text => refusal(text) ?? prefixInRange(text) ?? networkItself(text),
};

/** The same formats, as they are asked for: whether a text is right. */
export const accepted: Readonly<Record<string, (text: string) => boolean>> = Object.fromEntries(
  Object.entries(formats).map(([name, check]) => [name, text => check(text) === undefined]),
);

function refusal(text: string): Refusal | undefined {
  if (Address4.isValid(text)) return undefined;
  if (Address6.isValid(text))
    return {
      message: `\`${text}\` is an IPv6 address, and IPv6 is not built yet`,
      remedy: 'give an IPv4 address',
    };
  if (/^[\d./]+$/.test(text) && /(^|\.)0\d/.test(text))
    return {
      message: `\`${text}\` has a number with a leading zero, which some programs read as octal`,
      remedy: 'write the numbers without leading zeros',
    };
  return {
    message: `\`${text}\` is not an IPv4 address`,
    remedy: 'write a literal address: four numbers of 0 to 255, no names',
  };
}

function prefixInRange(text: string): Refusal | undefined {
  if (new Address4(text).subnetMask > 0) return undefined;
  return { message: `\`${text}\` has no network of its own`, remedy: 'write a prefix length of 1 to 32' };
}

function networkItself(text: string): Refusal | undefined {
  const address = new Address4(text);
  const network = address.networkForm();
  if (`${address.correctForm()}/${address.subnetMask}` === network) return undefined;
  return {
    message: `\`${text}\` is not a network: it has bits set behind the prefix`,
    remedy: `write ${network} for the network, or ${address.correctForm()} for the one address`,
  };
}
