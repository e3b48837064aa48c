/*
 * analyzer.h - what clang-tidy cannot see, as it reads one file at a time: error_set() returns the
 * verdict that it is given. Included before every file by lint.sh, and by nothing else.
 */
#ifndef LINT_ANALYZER_H
#define LINT_ANALYZER_H

#include "verdict.h"

#define error_set(err, v, ...) ((void)error_set(err, v, __VA_ARGS__), (v))

#endif
