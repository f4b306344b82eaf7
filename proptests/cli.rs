//! The command line, as its users meet it: real processes, real names, real files.

mod bad_input;
mod bench;
mod clean;
mod demo;
mod doctor;
mod gate;
mod harness;
mod lab;
mod limits;
mod streams;
mod transfer;
