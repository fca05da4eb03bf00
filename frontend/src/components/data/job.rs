//! Files on their way.

use api_types::UploadPhase;
use leptos::prelude::*;

use super::{analyse_link::AnalyseLink, errors::Errors};
use crate::{
    components::icon::{Icon, Shape},
    model::format,
    stores::{Job, Stage, Stores},
};

/// The newest first.
#[component]
pub(super) fn Jobs() -> impl IntoView {
    let uploads = Stores::from_context().uploads;
    let ids = Memo::new(move |_| {
        uploads
            .jobs
            .with(|jobs| jobs.iter().map(|job| job.id).collect::<Vec<_>>())
    });
    view! {
        <Show when=move || !ids.with(Vec::is_empty)>
            <section class="panel natural" aria-label="Files on their way">
                <For each=move || ids.get() key=|id| *id let(id)>
                    <OneJob id/>
                </For>
            </section>
        </Show>
    }
}

/// Name, progress, and what came of it.
#[component]
fn OneJob(
    /// Which file.
    id: u32,
) -> impl IntoView {
    let uploads = Stores::from_context().uploads;
    let job = Memo::new(move |_| {
        uploads
            .jobs
            .with(|jobs| jobs.iter().find(|job| job.id == id).cloned())
    });
    let name = move || job.get().map(|job| job.name).unwrap_or_default();
    let share = Memo::new(move |_| job.get().and_then(|job| share_of(&job)));
    let words = Memo::new(move |_| job.get().map(|job| words_of(&job)).unwrap_or_default());
    let failed = Memo::new(move |_| match job.get()?.stage {
        Stage::Failed(error) => Some(error),
        _ => None,
    });
    let done = Memo::new(move |_| match job.get()?.stage {
        Stage::Done(dataset) => Some((dataset.id, dataset.name)),
        _ => None,
    });
    let is_over = move || {
        job.get()
            .is_none_or(|job| matches!(job.stage, Stage::Done(_) | Stage::Failed(_)))
    };
    let class = move || match job.get().map(|job| job.stage) {
        Some(Stage::Failed(_)) => "chip bad",
        Some(Stage::Done(_)) => "chip good",
        _ => "chip",
    };
    view! {
        <div class="job" data-testid="job">
            <div class="job-head">
                <strong>{name}</strong>
                <span class=class role="status" data-testid="job-state">{words}</span>
                <span class="job-end">
                    {move || done.get().map(|(id, name)| view! { <AnalyseLink id label=format!("Analyse {name}")/> })}
                    <button
                        type="button"
                        class="button icon-button plain"
                        data-testid="job-dismiss"
                        title=move || if is_over() { "Dismiss" } else { "Cancel" }
                        aria-label=move || format!("{} {}", if is_over() { "Dismiss" } else { "Cancel the upload of" }, name())
                        on:click=move |_| uploads.dismiss(id)
                    >
                        <Icon shape=Shape::Cross/>
                    </button>
                </span>
            </div>
            <Show when=move || !is_over()>
                // Without a value it says that something goes on.
                <progress max="1" value=move || share.get().map(|share| share.to_string()) aria-label=move || format!("Upload of {}", name())></progress>
            </Show>
            {move || failed.get().map(|error| view! { <Errors error/> })}
        </div>
    }
}

fn share_of(job: &Job) -> Option<f64> {
    match &job.stage {
        Stage::Sending(sent) if job.size > 0.0 => Some((sent / job.size).min(1.0)),
        _ => None,
    }
}

fn words_of(job: &Job) -> String {
    let bytes = |bytes: f64| format!("{}B", format::compact(bytes));
    match &job.stage {
        Stage::Sending(sent) => format!("{} of {}", bytes(*sent), bytes(job.size)),
        Stage::Reading(None) => "being read".to_owned(),
        Stage::Reading(Some(upload)) => match upload.phase {
            UploadPhase::Receiving => "being received".to_owned(),
            UploadPhase::Checking => format!("{} rows checked", format::count(upload.rows_checked)),
            UploadPhase::Storing => format!("{} rows stored", format::count(upload.rows_stored)),
        },
        Stage::Done(dataset) => format!("{} rows stored", format::count(dataset.rows)),
        Stage::Failed(_) => "not stored".to_owned(),
    }
}
