//! That containers and logins may do what they need and no more, as the engine and the database see it.

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::{drills::SERVICES, engine::docker, stack::Stack};
use crate::command;

/// Who each service has to be known as in the database.
const LOGINS: [(&str, &str); 4] = [
    ("spreadscope-aggregator", "spreadscope"),
    ("ingestor", "spreadscope_ingestor"),
    ("spreadscope-api", "spreadscope_api"),
    ("spreadscope-api", "spreadscope_reader"),
];

/// What each login must not be able to do.
const FORBIDDEN: [(&str, &str); 6] = [
    (
        "spreadscope_reader",
        "INSERT INTO leases VALUES ('a', 'b', 1, now())",
    ),
    ("spreadscope_api", "DELETE FROM trades"),
    ("spreadscope_api", "UPDATE history SET open = 1"),
    ("spreadscope_api", "CREATE TABLE mine (x int)"),
    ("spreadscope_ingestor", "DELETE FROM watchlist"),
    ("spreadscope_ingestor", "DROP TABLE trades"),
];

pub fn containers(stack: &Stack) -> anyhow::Result<String> {
    for service in SERVICES {
        let container = stack.inspect(service)?;
        check(service, &container).with_context(|| format!("the container of {service}"))?;
    }
    sizes(stack)
}

fn check(service: &str, container: &Value) -> anyhow::Result<()> {
    let host = &container["HostConfig"];
    let has = |list: &Value, word: &str| {
        let mut items = list.as_array().into_iter().flatten();
        items.any(|item| item.as_str().is_some_and(|item| item.starts_with(word)))
    };
    ensure!(has(&host["CapDrop"], "ALL"), "it keeps capabilities");
    ensure!(host["Privileged"] == false, "it is privileged");
    ensure!(
        has(&host["SecurityOpt"], "no-new-privileges"),
        "it may gain privileges"
    );
    ensure!(
        host["LogConfig"]["Config"]["max-size"].is_string(),
        "its log may fill the disk"
    );
    let ports = host["PortBindings"].as_object().into_iter().flatten();
    for (port, bindings) in ports {
        for binding in bindings.as_array().into_iter().flatten() {
            ensure!(
                binding["HostIp"] == "127.0.0.1",
                "{port} is published to the network"
            );
        }
    }
    if service == "db" {
        let published = host["PortBindings"]
            .as_object()
            .map_or(0, serde_json::Map::len);
        ensure!(published == 0, "it is published");
        return Ok(());
    }
    ensure!(host["ReadonlyRootfs"] == true, "its files can be changed");
    ensure!(
        host["CapAdd"].as_array().is_none_or(Vec::is_empty),
        "it has capabilities"
    );
    let user = container["Config"]["User"].as_str().unwrap_or_default();
    ensure!(
        !matches!(user.split(':').next(), None | Some("" | "0" | "root")),
        "it runs as root"
    );
    let environment = container["Config"]["Env"].as_array().into_iter().flatten();
    for setting in environment.filter_map(Value::as_str) {
        let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
        let is_secret = name.contains("PASSWORD") && !name.ends_with("_FILE");
        ensure!(
            !is_secret || value.is_empty(),
            "{name} is in its environment"
        );
        ensure!(
            !value.contains("://") || !value.contains(":spreadscope@"),
            "{name} holds a password"
        );
    }
    Ok(())
}

/// What the images take on disk.
fn sizes(stack: &Stack) -> anyhow::Result<String> {
    let mut said = Vec::new();
    for service in ["api", "frontend"] {
        let image = stack.inspect(service)?["Config"]["Image"].clone();
        let image = image.as_str().context("an image has a name")?;
        let bytes =
            command::output(docker().args(["image", "inspect", "--format", "{{.Size}}", image]))?;
        let megabytes = bytes.trim().parse::<f64>()? / 1e6;
        said.push(format!("{image} {megabytes:.0} MB"));
    }
    Ok(said.join(", "))
}

pub fn logins(stack: &Stack) -> anyhow::Result<String> {
    let connected = psql(
        stack,
        "spreadscope",
        "SELECT DISTINCT application_name || ' as ' || usename FROM pg_stat_activity WHERE client_addr IS NOT NULL",
    )?;
    for (program, login) in LOGINS {
        let expected = format!("{program} as {login}");
        ensure!(
            connected.lines().any(|line| line == expected),
            "no {expected}; there are:\n{connected}"
        );
    }
    for line in connected.lines() {
        let known = LOGINS.map(|(program, login)| format!("{program} as {login}"));
        ensure!(
            known.iter().any(|known| known == line),
            "unexpected: {line}"
        );
    }
    for (login, sql) in FORBIDDEN {
        match psql(stack, login, sql) {
            Ok(_) => bail!("{login} may {sql}"),
            Err(error) => {
                let error = format!("{error:#}");
                ensure!(
                    error.contains("permission denied") || error.contains("must be owner"),
                    "{login}, {sql}: {error}"
                );
            }
        }
    }
    Ok(format!("{} refusals", FORBIDDEN.len()))
}

/// A statement within the container of the database, under the rights of this role.
fn psql(stack: &Stack, role: &str, sql: &str) -> anyhow::Result<String> {
    let become_role = format!("SET ROLE {role}");
    let words = [
        "psql",
        "-v",
        "ON_ERROR_STOP=1",
        "-Atq",
        "-c",
        &become_role,
        "-c",
        sql,
    ];
    command::output(&mut stack.exec("db", &words)?)
}
