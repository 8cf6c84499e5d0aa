//! Lossless LookML: tokens, arena tree, errors, addresses.
