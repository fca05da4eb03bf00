//! `.env.example` explains every setting that any program takes, and none that no program takes.

use std::collections::BTreeSet;

use clap::{Args, Command};

/// What the compose file itself reads.
const COMPOSE: [&str; 5] = [
    "COMPOSE_PROFILES",
    "POSTGRES_PASSWORD",
    "TIMESCALEDB_IMAGE",
    "DASHBOARD_PORT",
    "API_PORT",
];

fn variables<C: Args>() -> Vec<String> {
    names(&C::augment_args(Command::new("program")))
}

fn names(command: &Command) -> Vec<String> {
    let own = command
        .get_arguments()
        .filter_map(|argument| argument.get_env());
    own.map(|name| name.to_string_lossy().into_owned())
        .chain(command.get_subcommands().flat_map(names))
        .collect()
}

#[test]
fn every_setting_is_explained_in_the_example_and_nothing_else() {
    let launcher = <spreadscope::cli::Arguments as clap::CommandFactory>::command();
    let mut taken: BTreeSet<String> = COMPOSE.map(str::to_owned).into();
    taken.extend(names(&launcher));
    taken.extend(variables::<ingestor::Config>());
    taken.extend(variables::<aggregator::Config>());
    taken.extend(variables::<api::Config>());
    taken.extend(variables::<exchange_sim::SimConfig>());
    taken.extend(variables::<service::logs::LogArgs>());

    let example = include_str!("../../../.env.example");
    let explained: BTreeSet<String> = example
        .lines()
        .filter_map(|line| line.strip_prefix('#')?.split_once('='))
        .map(|(name, _)| name)
        .filter(|name| {
            name.bytes()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_')
        })
        .map(str::to_owned)
        .collect();
    let missing: Vec<_> = taken.difference(&explained).collect();
    let unknown: Vec<_> = explained.difference(&taken).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "missing {missing:?}, unknown {unknown:?}"
    );
}
