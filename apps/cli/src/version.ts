/** Nova's version, as the command line prints it and as its logs name it. */
export const version = '0.1.0';
