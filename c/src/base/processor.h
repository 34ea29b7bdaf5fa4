/* processor.h - whether this processor has the instructions that this build is made of.
 *
 * Asked before anything else, since a program that goes on without them is ended by the system with
 * no word of why.
 */
#ifndef PROCESSOR_H
#define PROCESSOR_H

/* Null, or a sentence: which instructions are missing, and what to do. It runs on any processor of
 * the machine's family, from a 386 on. */
const char *processor_refusal(void);

#endif
