export { BuildArgs, PROXY_ARGS } from '../../build/dockerfile/args.ts';
