//! Files on their way to the server, and the uploads that are there.

use std::time::Duration;

use api_types::{Dataset, DatasetCreated, DatasetResponse, Upload};
use leptos::{prelude::*, task::spawn_local};
use web_sys::File;

use super::Stores;
use crate::{
    edge::{
        api::{self, ApiError},
        http,
        upload::{Progress, Transfer},
    },
    model::Tab,
};

/// How often the server is asked how far it is with a file.
const LOOK_EVERY: Duration = Duration::from_millis(700);

/// A file on its way, or what came of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Job {
    pub(crate) id: u32,
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: f64,
    pub(crate) stage: Stage,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stage {
    /// So many bytes are sent.
    Sending(f64),
    /// The server has it and reads it; what it says of that.
    Reading(Option<Upload>),
    Done(Box<Dataset>),
    Failed(ApiError),
}

/// All of it.
#[derive(Clone, Copy)]
pub(crate) struct Uploads {
    /// Newest first.
    pub(crate) jobs: RwSignal<Vec<Job>>,
    /// Name of the symbol in files to come; empty: as the file says.
    pub(crate) symbol: RwSignal<String>,
    /// Format of times in files to come; empty: as they look.
    pub(crate) time_format: RwSignal<String>,
    /// The one looked at.
    pub(crate) opened: RwSignal<Option<DatasetResponse>>,
    /// Why the list, a dataset or a deletion did not come about.
    pub(crate) failure: RwSignal<Option<ApiError>>,
    /// Whether the list was read.
    pub(crate) is_known: RwSignal<bool>,
    transfers: StoredValue<Vec<(u32, Transfer)>, LocalStorage>,
    count: StoredValue<u32>,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            jobs: RwSignal::default(),
            symbol: RwSignal::default(),
            time_format: RwSignal::default(),
            opened: RwSignal::new(None),
            failure: RwSignal::new(None),
            is_known: RwSignal::new(false),
            transfers: StoredValue::new_local(Vec::new()),
            count: StoredValue::new(0),
        }
    }
}

/// The upload that the view looks into is read.
pub(super) fn start(stores: Stores) {
    let uploads = stores.uploads;
    let wanted = Memo::new(move |_| {
        stores
            .view
            .with(|view| view.dataset.filter(|_| view.tab == Tab::Data))
    });
    Effect::new(move |_| {
        let wanted = wanted.get();
        let is_there = uploads
            .opened
            .with_untracked(|opened| opened.as_ref().map(|opened| opened.dataset.id) == wanted);
        if let (Some(id), false) = (wanted, is_there) {
            uploads.read_one(stores, id);
        }
    });
}

impl Uploads {
    /// Reads what is there.
    pub(crate) fn read(self, stores: Stores) {
        spawn_local(async move {
            match api::datasets::list().await {
                Ok(answer) => {
                    stores.datasets.set(answer.datasets);
                    self.is_known.set(true);
                    self.failure.set(None);
                }
                Err(error) => self.failure.set(Some(error)),
            }
        });
    }

    /// Sends a file.
    pub(crate) fn send(self, stores: Stores, file: &File) {
        let id = self.count.get_value() + 1;
        self.count.set_value(id);
        let job = Job {
            id,
            name: file.name(),
            size: file.size(),
            stage: Stage::Sending(0.0),
        };
        self.jobs.update(|jobs| jobs.insert(0, job));
        let request_id = format!("upload-{:x}-{id}", (js_sys::Math::random() * 1e15) as u64);
        let (size, asked) = (file.size(), request_id.clone());
        let on_progress = move |progress| match progress {
            Progress::Sent(sent) if sent < size => self.advance(id, Stage::Sending(sent)),
            Progress::Sent(_) => {
                self.advance(id, Stage::Reading(None));
                self.watch(id, asked.clone());
            }
            Progress::Answered { status, text } => self.answered(stores, id, status, &text),
            Progress::Broken => self.advance(id, Stage::Failed(ApiError::Unreachable)),
        };
        match Transfer::start(&self.path(), &request_id, file, on_progress) {
            Some(transfer) => self
                .transfers
                .update_value(|transfers| transfers.push((id, transfer))),
            None => self.advance(id, Stage::Failed(ApiError::Unreachable)),
        }
    }

    /// Asks the server how far it is with a file that it has.
    fn watch(self, id: u32, request_id: String) {
        let look = move || {
            let is_reading = self.jobs.with_untracked(|jobs| {
                jobs.iter()
                    .any(|job| job.id == id && matches!(job.stage, Stage::Reading(_)))
            });
            if !is_reading {
                return;
            }
            spawn_local(async move {
                // Only a nicety: the answer to the upload comes by itself.
                if let Ok(answer) = api::datasets::list().await
                    && let Some(upload) = answer
                        .uploads
                        .into_iter()
                        .find(|upload| upload.request_id == request_id)
                {
                    self.advance(id, Stage::Reading(Some(upload)));
                }
                self.watch(id, request_id);
            });
        };
        set_timeout(look, LOOK_EVERY);
    }

    fn answered(self, stores: Stores, id: u32, status: u16, text: &str) {
        match http::read::<DatasetCreated>(status, text) {
            Ok(created) => {
                let dataset = created.dataset.id;
                self.advance(id, Stage::Done(Box::new(created.dataset)));
                self.read(stores);
                stores.view.update(|view| view.dataset = Some(dataset));
            }
            Err(error) => self.advance(id, Stage::Failed(error)),
        }
        // Not dropped here: this runs within one of its callbacks.
        set_timeout(move || self.forget_transfer(id), Duration::ZERO);
    }

    fn forget_transfer(self, id: u32) {
        self.transfers
            .update_value(|transfers| transfers.retain(|(held, _)| *held != id));
    }

    /// A file that has come to its end stays there.
    fn advance(self, id: u32, stage: Stage) {
        self.jobs.update(|jobs| {
            let is_open = |job: &&mut Job| {
                job.id == id && !matches!(job.stage, Stage::Done(_) | Stage::Failed(_))
            };
            if let Some(job) = jobs.iter_mut().find(is_open) {
                job.stage = stage;
            }
        });
    }

    /// Ends a file that is on its way, or takes what came of it off the page.
    pub(crate) fn dismiss(self, id: u32) {
        self.forget_transfer(id);
        self.jobs.update(|jobs| jobs.retain(|job| job.id != id));
    }

    /// Reads an upload's first rows and how it was understood.
    fn read_one(self, stores: Stores, id: i64) {
        let is_wanted = move || stores.view.with_untracked(|view| view.dataset) == Some(id);
        spawn_local(async move {
            match api::datasets::one(id).await {
                Ok(answer) if is_wanted() => {
                    self.failure.set(None);
                    self.opened.set(Some(answer));
                }
                Err(error) if is_wanted() => self.failure.set(Some(error)),
                Ok(_) | Err(_) => {}
            }
        });
    }

    /// Deletes an upload.
    pub(crate) fn delete(self, stores: Stores, id: i64) {
        spawn_local(async move {
            match api::datasets::delete(id).await {
                Ok(_) => {
                    if stores.view.with_untracked(|view| view.dataset) == Some(id) {
                        self.opened.set(None);
                        stores.view.update(|view| view.dataset = None);
                    }
                    self.read(stores);
                }
                Err(error) => self.failure.set(Some(error)),
            }
        });
    }

    /// Where files go, with what is said about them.
    fn path(self) -> String {
        let escape = |text: &str| String::from(js_sys::encode_uri_component(text));
        let parameters = [("symbol", self.symbol), ("timeFormat", self.time_format)];
        let given = parameters.into_iter().filter_map(|(name, value)| {
            value.with_untracked(|value| {
                let value = value.trim();
                (!value.is_empty()).then(|| format!("{name}={}", escape(value)))
            })
        });
        let given: Vec<_> = given.collect();
        format!("{}?{}", api::datasets::PATH, given.join("&"))
    }
}
