/** Names of units: systemd.unit(5), "Description". */

/** The longest name of a unit (UNIT_NAME_MAX). */
const LONGEST = 255;

/** True for a name without its suffix that systemd takes, of a template (`foo@`) or an instance (`foo@bar`) too. */
export function isUnitPrefix(name: string): boolean {
  return (
    /^[A-Za-z0-9:_.\\-]+(@[A-Za-z0-9:_.\\@-]*)?$/.test(name) &&
    `${name}.service`.length <= LONGEST &&
    !/^\.+$/.test(name)
  );
}

/** True for a whole name such as `multi-user.target`. */
export function isUnitName(name: string): boolean {
  const dot = name.lastIndexOf('.');
  return (
    dot > 0 &&
    /^(service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$/.test(
      name.slice(dot + 1),
    ) &&
    isUnitPrefix(name.slice(0, dot))
  );
}

/** The parts of `foo@bar`: without an `@` there is no instance, in a template (`foo@`) it is empty. */
export function splitInstance(prefix: string): { base: string; instance?: string } {
  const at = prefix.indexOf('@');
  return at < 0 ? { base: prefix } : { base: prefix.slice(0, at), instance: prefix.slice(at + 1) };
}
