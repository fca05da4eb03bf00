//! `.env.example` explains every setting that any program takes, and none that no program takes; the compose file hands
//! each service all of its own.

use std::collections::BTreeSet;

use clap::{Args, Command};

/// What the compose file itself reads.
const COMPOSE: [&str; 12] = [
    "COMPOSE_PROFILES",
    "POSTGRES_PASSWORD",
    "INGESTOR_PASSWORD",
    "API_PASSWORD",
    "READER_PASSWORD",
    "TIMESCALEDB_IMAGE",
    "PROMETHEUS_IMAGE",
    "GRAFANA_IMAGE",
    "DASHBOARD_PORT",
    "API_PORT",
    "PROMETHEUS_PORT",
    "GRAFANA_PORT",
];

/// What no service is handed in a container: the dashboard has a web server of its own, notifications come from the
/// stack's own database, and the ingestor reads by the login that it writes with.
const NOT_IN_CONTAINERS: [(&str, &str); 4] = [
    ("api", "DASHBOARD_DIR"),
    ("api", "DATABASE_LISTEN_URL"),
    ("ingestor", "DATABASE_READ_URL"),
    ("ingestor", "DATABASE_READ_PASSWORD_FILE"),
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

/// The variables that a service of the compose file has in its environment, those of the shared block for logs included.
fn handed(service: &str) -> BTreeSet<String> {
    let compose = include_str!("../../../docker-compose.yml");
    let block = |head: String, indent: &str| {
        let (_, rest) = compose.split_once(&head).expect(&head);
        let inner = format!("\n{indent}");
        let end = rest
            .match_indices('\n')
            .find(|(at, _)| {
                let next = &rest[at + 1..];
                !next.starts_with('\n') && !rest[*at..].starts_with(&inner) && !next.is_empty()
            })
            .map_or(rest.len(), |(at, _)| at);
        rest[..end].to_owned()
    };
    let own = block(format!("\n  {service}:"), "    ");
    let (_, environment) = own
        .split_once("\n    environment:")
        .expect("an environment");
    let logs = block("\nx-logs: &logs".to_owned(), "  ");
    environment
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with("      "))
        .chain(logs.lines())
        .filter_map(|line| Some(line.trim().split_once(':')?.0.to_owned()))
        .filter(|name| {
            name.bytes()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_')
        })
        .collect()
}

#[test]
fn the_compose_file_hands_every_service_all_of_its_settings_and_nothing_else() {
    let logs = variables::<service::logs::LogArgs>();
    for (service, own) in [
        ("ingestor", variables::<ingestor::Config>()),
        ("aggregator", variables::<aggregator::Config>()),
        ("api", variables::<api::Config>()),
        ("exchange-sim", variables::<exchange_sim::SimConfig>()),
    ] {
        let mut taken: BTreeSet<String> = own.into_iter().chain(logs.clone()).collect();
        for (_, name) in NOT_IN_CONTAINERS.iter().filter(|(of, _)| *of == service) {
            assert!(taken.remove(*name), "{service} does not take {name}");
        }
        let handed = handed(service);
        let missing: Vec<_> = taken.difference(&handed).collect();
        let unknown: Vec<_> = handed.difference(&taken).collect();
        assert!(
            missing.is_empty() && unknown.is_empty(),
            "{service}: missing {missing:?}, unknown {unknown:?}"
        );
    }
}
