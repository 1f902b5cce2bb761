/** Why a container waits whose image exists for processors of other kinds only: the scheduler learns from it. */
export const IMAGE_FOR_OTHERS = 'ErrImageArchitecture';
