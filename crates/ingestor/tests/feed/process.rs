//! The ingestor as a process of its own, that can be killed as the kernel would.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use ingestor::Config;

pub(crate) struct Process(Child);

impl Process {
    /// Starts the program with these settings.
    pub(crate) fn start(config: &Config) -> Self {
        let symbols: Vec<_> = config.symbols.iter().map(ToString::to_string).collect();
        let set = |command: &mut Command, name: &str, value: &dyn ToString| {
            command.env(name, value.to_string());
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_ingestor"));
        set(&mut command, "DATABASE_URL", &config.database_url);
        set(&mut command, "EXCHANGE_WS_URL", &config.exchange_ws_url);
        set(&mut command, "EXCHANGE_REST_URL", &config.exchange_rest_url);
        set(&mut command, "SYMBOLS", &symbols.join(","));
        set(
            &mut command,
            "INGESTOR_BATCH_INTERVAL_MS",
            &config.batch_interval_ms,
        );
        set(
            &mut command,
            "INGESTOR_BATCH_MAX_TRADES",
            &config.batch_max_trades,
        );
        set(
            &mut command,
            "INGESTOR_RECONNECT_FIRST_MS",
            &config.reconnect_first_ms,
        );
        set(&mut command, "GAP_REPAIR_MAX", &config.gap_repair_max);
        set(&mut command, "BACKFILL_1M_DAYS", &config.backfill_1m_days);
        set(&mut command, "BACKFILL_1H_DAYS", &config.backfill_1h_days);
        set(&mut command, "BACKFILL_1D_DAYS", &config.backfill_1d_days);
        set(&mut command, "OPS_BIND", &"127.0.0.1:0");
        set(&mut command, "LOG_LEVEL", &"warn");
        if let Some(dir) = config.spool_dir.as_deref().and_then(Path::to_str) {
            set(&mut command, "INGESTOR_SPOOL_DIR", &dir);
        }
        set(
            &mut command,
            "INGESTOR_SPOOL_MAX_BYTES",
            &config.spool_max_bytes,
        );
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .expect("the ingestor starts");
        Self(child)
    }

    /// As by `kill -9`: nothing of it runs on.
    pub(crate) fn kill(mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it ends");
    }
}

impl Drop for Process {
    /// A test that fails leaves nothing behind.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
