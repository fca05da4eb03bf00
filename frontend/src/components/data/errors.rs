//! What is wrong with a file.

use leptos::prelude::*;

use crate::{
    components::icon::{Icon, Shape},
    edge::{api::ApiError, download},
    model::{export, format},
};

/// A sentence, and a line of the table for each place.
#[component]
pub(super) fn Errors(
    /// Why the file was not stored.
    error: ApiError,
) -> impl IntoView {
    let sentence = error.to_string();
    let (errors, total) = match error {
        ApiError::Refused(problem) => (problem.errors, problem.total_errors),
        ApiError::Unreachable | ApiError::Unreadable(_) => (Vec::new(), None),
    };
    let rest = total
        .map(|total| total.saturating_sub(errors.len() as u64))
        .filter(|rest| *rest > 0);
    // What is wrong with all of the file stands in the sentence.
    let has_places = errors.iter().any(|error| error.line.is_some());
    let file = StoredValue::new(export::errors(&errors));
    let save = move |_| file.with_value(|text| download::save("errors.csv", "text/csv", text));
    let rows = errors.into_iter().map(|error| {
        let line = error.line.map(|line| line.to_string());
        view! {
            <tr>
                <td class="num">{line}</td>
                <td class="words">{error.field}</td>
                <td class="words text">{error.detail}</td>
            </tr>
        }
    });
    let table = has_places.then(|| view! {
        <div class="table-box short" tabindex="0" role="region" aria-label="Errors of the file">
            <table class="table" data-testid="file-errors">
                <thead><tr><th scope="col">"Line"</th><th scope="col" class="words">"Column"</th><th scope="col" class="words">"What is wrong"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    });
    view! {
        <p class="complaint whole" role="alert" data-testid="job-error">{sentence}</p>
        {table}
        <p class="job-foot">
            {rest.map(|rest| view! { <span class="label num">{format!("and {} more", format::count(rest as i64))}</span> })}
            {has_places.then(|| view! {
                <button type="button" class="button plain" data-testid="errors-csv" title="The table as CSV" on:click=save>
                    <Icon shape=Shape::Download/>
                    <span>"CSV"</span>
                </button>
            })}
        </p>
    }
}
