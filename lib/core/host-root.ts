import { readFileSync } from 'node:fs';

/** Is this process root of the machine itself, and not only of a user namespace (user_namespaces(7), uid_map)? */
export function isHostRoot(): boolean {
  return (
    process.geteuid!() === 0 && /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'))
  );
}

/** This process's user as the machine knows it, also as root of a user namespace. */
export function hostUid(): number {
  const uid = process.geteuid!();
  for (const line of readFileSync('/proc/self/uid_map', 'utf8').split('\n')) {
    const [inside, outside, count] = line.trim().split(/\s+/).map(Number);
    if (count !== undefined && uid >= inside! && uid < inside! + count) return outside! + (uid - inside!);
  }
  return uid;
}
