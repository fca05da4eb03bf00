//! Where and how large drills are run.

use std::path::PathBuf;

use anyhow::Result;
use rand::{SeedableRng, rngs::StdRng};

use crate::{Setup, Stack};

/// How much a drill does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Seconds: what every test run can afford.
    Core,
    /// As the design asks for: a minute without a database at 5,000 trades a second, say.
    Full,
}

/// What a drill is given.
#[derive(Debug, Clone)]
pub struct Lab {
    /// The program that runs a service when it is told the service's name.
    pub program: PathBuf,
    /// How much is done.
    pub scale: Scale,
    /// Of whatever is drawn by lot.
    pub seed: u64,
}

impl Lab {
    /// A lab for the services in `program`.
    #[must_use]
    pub fn new(program: PathBuf, scale: Scale, seed: u64) -> Self {
        // The services choose the same; clients are made here before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            program,
            scale,
            seed,
        }
    }

    /// One of two sizes.
    #[must_use]
    pub fn sized<T>(&self, core: T, full: T) -> T {
        match self.scale {
            Scale::Core => core,
            Scale::Full => full,
        }
    }

    /// Of this lab's seed.
    #[must_use]
    pub fn lots(&self) -> StdRng {
        StdRng::seed_from_u64(self.seed)
    }

    /// A running stack.
    ///
    /// # Errors
    /// When a part of it does not start.
    pub async fn stack(&self, setup: Setup) -> Result<Stack> {
        Stack::start(self, setup).await
    }
}
