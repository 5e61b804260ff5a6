/** `--builder`, which all of buildx takes. */
export const builderOption = {
  builder: {
    type: 'string',
    metavar: 'NAME',
    summary: 'The builder to work on; all of them are this engine',
  },
} as const;
