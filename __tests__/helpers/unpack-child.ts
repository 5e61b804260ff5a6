/** The unpack child without the rest of the program: what `proa __unpack JSON` does. */
import { runUnpackChild } from '../../lib/storage/tar/unpack-child.ts';

process.exit(await runUnpackChild(process.argv[3]!));
