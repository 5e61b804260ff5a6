/** Names for containers that were given none: two words, as Docker does, from the sea that a proa sails. */

const QUALITIES = (
  'agile airy amber ample apt azure bold brave breezy bright brisk calm candid clear clever coral crisp daring deep ' +
  'eager early easy fair fast fearless festive fine fleet fond free fresh gallant gentle glad golden grand happy hardy ' +
  'hearty humble jolly keen kind lively loyal lucid lucky lunar mellow merry mild misty modest neat nimble noble open ' +
  'patient placid plucky proud quick quiet rapid ready robust rosy serene sharp silent silver sleek smooth snug solar ' +
  'sound spry stable steady still strong sunny sure swift tender tidal tidy trim true upbeat vast vivid warm wise witty zesty'
).split(' ');

const THINGS = (
  'albatross anchor archipelago atoll bay beacon boom bow breeze buoy cape cay channel clipper coast compass cove crest ' +
  'current cutter delta dolphin drift estuary fjord foam gale gannet gull gulf halyard harbor haven heron hull island ' +
  'jetty jib keel kelp ketch lagoon lantern lee lighthouse lookout manta mast mooring narwhal oar orca osprey outrigger ' +
  'paddle pearl pelican petrel pier plover port quay raft reef ridge rigging rudder sail sandbar schooner sextant shoal ' +
  'shore skiff sloop spar spray squall star stern strait surf swell tern tide tiller trade voyage wake wave wharf wind yawl'
).split(' ');

/** `brisk_heron`; from the second attempt on with a number behind it. */
export function randomName(attempt: number): string {
  const pick = (words: readonly string[]): string => words[Math.floor(Math.random() * words.length)]!;
  const number = attempt === 0 ? '' : String(Math.floor(Math.random() * 10 ** Math.min(attempt, 6)));
  return `${pick(QUALITIES)}_${pick(THINGS)}${number}`;
}
