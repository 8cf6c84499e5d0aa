//! Stages: which stories are on them, which may come, and how one gets there or is taken off again.
//!
//! A story's revision lands on a stage as one commit. So what is on a stage is read from its own history, and
//! anybody can compute it again. Nothing here prints, asks, or talks with a remote.
