/** What docker.json and podman.json hold. */
export interface PeerCommand {
  summary: string;
  usage: string;
  /** Other whole names of the same command. */
  aliases: string[];
  /** Options by long name: their short name and what their value is (`-a list`, `string`, '' for a flag). */
  options: Record<string, string>;
}

export interface Peer {
  program: string;
  versions: string[];
  globals: Record<string, string>;
  commands: Record<string, PeerCommand>;
}
