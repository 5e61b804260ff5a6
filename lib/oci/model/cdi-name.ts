/** Names of devices as their vendors describe them (Container Device Interface, SPEC.md, "CDI JSON Specification"). */

/** `VENDOR/CLASS`. */
export const KIND = /^[A-Za-z](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\/[A-Za-z](?:[A-Za-z0-9_-]*[A-Za-z0-9])?$/;
export const DEVICE = /^[A-Za-z0-9](?:[A-Za-z0-9_.:-]*[A-Za-z0-9])?$/;

/** Whether a `--device` is a name such as `vendor.com/class=device`, not a path. */
export function isCdiName(text: string): boolean {
  const at = text.indexOf('=');
  return at > 0 && KIND.test(text.slice(0, at)) && DEVICE.test(text.slice(at + 1));
}
