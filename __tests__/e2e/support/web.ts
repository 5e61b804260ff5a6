/** Servers in containers, and how the host reaches them. */
import { networkInterfaces } from 'node:os';
import { eventually } from './child.ts';

/** An address of this host other than the loopback's. */
export const HOST_IP = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address;
export const onHostAddress = HOST_IP === undefined ? test.skip : test;

/** A web server in the container that says hello. */
export const SERVER = [
  'sh',
  '-c',
  'mkdir /www; echo hello from $HOSTNAME > /www/index.html; exec httpd -f -p 80 -h /www',
];

/** What a web server answers, as soon as it listens. */
export function get(host: string, port: number): Promise<string> {
  return eventually(
    () =>
      fetch(`http://${host}:${port}/`).then(
        (answer) => answer.text(),
        () => '', // not listening yet
      ),
    (text) => text !== '',
  );
}
