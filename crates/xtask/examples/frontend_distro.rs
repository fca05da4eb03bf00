#![allow(dead_code)]
#[path="../src/command.rs"] mod command;
#[path="../src/packages.rs"] mod packages;
#[path="../src/workspace.rs"] mod workspace;
#[path="../src/frontend/mod.rs"] mod frontend;
fn main(){ println!("{}", frontend::build(&frontend::Options{ wasm_dir: "/tmp/distwasm".into(), toolchain: Some(frontend::Toolchain::Distribution)}).unwrap().display()); }
