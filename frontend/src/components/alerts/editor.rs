//! The form that makes a rule or changes it.

use api_types::{AlertKind, EvaluateOn, Interval, Model};
use leptos::{ev::SubmitEvent, html, prelude::*};

use super::draft::{Draft, usual_levels};
use crate::{
    components::form::{Choice, Complaint, Field, SymbolNames},
    model::alert,
    stores::Stores,
};

/// Fields that say themselves what is wrong with them.
const FIELDS: [&str; 13] = [
    "name",
    "kind",
    "y",
    "x",
    "interval",
    "window",
    "lookback",
    "threshold",
    "exit",
    "over",
    "duration",
    "cooldownSeconds",
    "url",
];

/// All of a rule. What is wrong stands at its field, whoever found it, the page or the server.
#[component]
pub(super) fn Editor(
    /// The rule as it is.
    given: Draft,
    /// Called when there is nothing more to do.
    close: Callback<()>,
) -> impl IntoView {
    let alerts = Stores::from_context().alerts;
    let field = |text: String| RwSignal::new(text);
    let [y, x, interval, model, window, lookback] =
        ["y", "x", "interval", "model", "window", "lookback"].map(|name| field(given.param(name)));
    if interval.with_untracked(String::is_empty) {
        interval.set(Interval::M1.to_string());
    }
    if model.with_untracked(String::is_empty) {
        model.set(Model::Ols.to_string());
    }
    let name = field(given.name.clone());
    let kind = field(given.kind.clone());
    let (threshold, exit, over) = (
        field(given.threshold.clone()),
        field(given.exit.clone()),
        field(given.over.clone()),
    );
    let (duration, duration_unit) = (
        field(given.duration.clone()),
        field(given.duration_unit.clone()),
    );
    let (cooldown, evaluate_on) = (
        field(given.cooldown.clone()),
        field(given.evaluate_on.clone()),
    );
    let (webhook, secret) = (field(given.webhook.clone()), field(String::new()));
    let wrong = RwSignal::new(None::<(&'static str, String)>);
    let first = NodeRef::<html::Form>::new();
    let kind_now = Memo::new(move |_| {
        kind.with(|kind| kind.parse::<AlertKind>())
            .unwrap_or(AlertKind::ZThreshold)
    });
    // Another kind has levels of another unit.
    Effect::new(move |before: Option<AlertKind>| {
        let now = kind_now.get();
        if before.is_some_and(|before| before != now) {
            let (usual_threshold, usual_exit) = usual_levels(now);
            threshold.set(usual_threshold.to_owned());
            exit.set(usual_exit.to_owned());
        }
        now
    });
    let id = given.id;
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let draft = Draft {
            name: name.get_untracked(),
            kind: kind.get_untracked(),
            threshold: threshold.get_untracked(),
            exit: exit.get_untracked(),
            over: over.get_untracked(),
            duration: duration.get_untracked(),
            duration_unit: duration_unit.get_untracked(),
            cooldown: cooldown.get_untracked(),
            evaluate_on: evaluate_on.get_untracked(),
            webhook: webhook.get_untracked(),
            ..given.clone()
        };
        let params = [
            ("y", y),
            ("x", x),
            ("interval", interval),
            ("model", model),
            ("window", window),
            ("lookback", lookback),
        ];
        let params = params.map(|(name, text)| (name, text.get_untracked()));
        alerts.refusal.set(None);
        match draft.body(&params, &secret.get_untracked()) {
            Ok(body) => {
                wrong.set(None);
                alerts.save(id, body, move || close.run(()));
            }
            Err(found) => wrong.set(Some(found)),
        }
    };
    let about = move |field: &'static str| {
        Signal::derive(move || {
            let own = wrong
                .get()
                .filter(|(name, _)| *name == field)
                .map(|(_, why)| why);
            own.or_else(|| {
                alerts
                    .refusal
                    .with(|refusal| refusal.as_ref().and_then(|error| error.about(field)))
            })
        })
    };
    let general = Signal::derive(move || {
        alerts
            .refusal
            .with(|refusal| refusal.as_ref().and_then(|error| error.besides(&FIELDS)))
    });
    let title = if id.is_some() {
        "Change the rule"
    } else {
        "New rule"
    };
    let is_z = move || kind_now.get() == AlertKind::ZThreshold;
    let is_drift = move || kind_now.get() == AlertKind::HedgeRatioDrift;
    let unit = move || match kind_now.get() {
        AlertKind::ZThreshold => "standard deviations, on both sides",
        AlertKind::CointegrationLost => "p-value",
        AlertKind::HedgeRatioDrift => "part of the hedge ratio: 0.1 is a tenth",
        AlertKind::FeedStale => "seconds without a message",
    };
    view! {
        <section class="panel natural" aria-labelledby="editor-title">
            <div class="toolbar"><h2 id="editor-title">{title}</h2></div>
            <form node_ref=first class="form-grid" aria-labelledby="editor-title" novalidate data-testid="rule-form" on:submit=on_submit>
                <SymbolNames id="rule-symbols"/>
                <fieldset>
                    <legend>"What"</legend>
                    <Field label="Name" name="name" value=name wide=true complaint=about("name")/>
                    <Choice label="Watches" name="kind" value=kind options=AlertKind::ALL.iter().map(|kind| (kind.as_str(), alert::kind_name(*kind))).collect()/>
                </fieldset>
                <fieldset>
                    <legend>"Pair"</legend>
                    <Field label="y" name="rule-y" value=y list="rule-symbols" complaint=about("y")/>
                    <Field label="x" name="rule-x" value=x list="rule-symbols" complaint=about("x")/>
                    <Choice label="Interval" name="rule-interval" value=interval options=Interval::ALL.iter().map(|interval| (interval.as_str(), interval.as_str())).collect()/>
                    <Choice label="Model" name="rule-model" value=model options=crate::components::form::models()/>
                    <Field label="Window" name="rule-window" value=window numeric=true placeholder="60" complaint=about("window")/>
                    <Field label="Lookback" name="rule-lookback" value=lookback numeric=true placeholder="500" complaint=about("lookback")/>
                </fieldset>
                <fieldset>
                    <legend>"When"</legend>
                    <Field label="Threshold" name="threshold" value=threshold numeric=true complaint=about("threshold")/>
                    <Field label="Over at" name="exit" value=exit numeric=true complaint=about("exit")/>
                    <Show when=is_drift>
                        <Field label="Against bars ago" name="over" value=over numeric=true complaint=about("over")/>
                    </Show>
                    <Field label="Lasting" name="duration" value=duration numeric=true complaint=about("duration")/>
                    <Choice label="Unit" name="durationUnit" value=duration_unit options=vec![("bars", "bars"), ("seconds", "seconds")]/>
                    <Field label="Cool-down, s" name="cooldownSeconds" value=cooldown numeric=true complaint=about("cooldownSeconds")/>
                    <Show when=is_z>
                        <Choice label="Judged" name="evaluateOn" value=evaluate_on options=vec![
                            (EvaluateOn::Close.as_str(), "when a bar closes"),
                            (EvaluateOn::Provisional.as_str(), "on the open bar, too"),
                        ]/>
                    </Show>
                    <p class="label unit-note">{unit}</p>
                </fieldset>
                <fieldset>
                    <legend>"Webhook, if any"</legend>
                    <Field label="Address" name="url" value=webhook wide=true placeholder="https://…" complaint=about("url")/>
                    <Field label="Secret of the signature" name="secret" value=secret kind="password" wide=true placeholder=if id.is_some() { "as before" } else { "none: not signed" } complaint=about("secret")/>
                </fieldset>
                <Complaint text=general/>
                <div class="form-end">
                    <button type="submit" class="button primary" data-testid="rule-save" disabled=move || alerts.is_busy.get()>
                        {if id.is_some() { "Save" } else { "Make the rule" }}
                    </button>
                    <button type="button" class="button" on:click=move |_| close.run(())>"Cancel"</button>
                </div>
            </form>
        </section>
    }
}
