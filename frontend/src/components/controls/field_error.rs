//! What the server says of one field.

use leptos::prelude::*;

use crate::stores::{PairLoad, PairStoreFields, Stores};

/// Below the field, while the server refuses what it says.
#[component]
pub(super) fn FieldError(
    /// The parameter of the API.
    field: &'static str,
) -> impl IntoView {
    let stores = Stores::from_context();
    let words = Memo::new(move |_| {
        stores.pair.load().with(|load| match load {
            PairLoad::Refused(problem) => {
                let found = problem.errors.iter().find(|error| error.field == field);
                found.map(|error| error.detail.clone())
            }
            _ => None,
        })
    });
    view! {
        <Show when=move || words.with(Option::is_some)>
            <p class="ctl-error" role="alert" data-field=field>{move || words.get()}</p>
        </Show>
    }
}
