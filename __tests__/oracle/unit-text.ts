/** Unit files of two engines, without what is each one's own: the program, where it keeps things, its manual. */
export function normalizedUnit(text: string, command: readonly string[]): string {
  if (!text.includes('[Unit]')) return text;
  if (text.startsWith('{')) {
    const units = Object.entries(JSON.parse(text) as Record<string, string>);
    return units.map(([name, unit]) => `${name}: ${normalizedUnit(unit, command)}`).join('\n');
  }
  const joined = text.replace(/ *\\\n\t/g, ' ');
  return joined
    .replaceAll(command.join(' '), 'PROGRAM')
    .replace(/\/usr\/bin\/podman\b/g, 'PROGRAM')
    .replace(/\b(Podman|Proa)( \d+\.\d+\.\d+)?/g, 'ENGINE')
    .replace(/man:(podman|proa)-/g, 'man:ENGINE-')
    .replace(/^(RequiresMountsFor|PIDFile)=.*/gm, '$1=PLACE')
    .replace(/^# \w{3} \w{3} +\d+ [\d:]+ \w+ \d{4}$/gm, '# DATE');
}
