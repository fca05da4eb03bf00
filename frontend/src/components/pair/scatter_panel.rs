//! One leg against the other.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use leptos_use::use_resize_observer;

use super::{
    actions::{Actions, Csv},
    chart_state::ChartState,
    grip,
    legend::{Entry, Legend},
    plot::Stage,
    point::number,
};
use crate::{
    charts::{Sheet, scatter},
    components::painter::Painter,
    edge::{
        palette::Palette,
        plotly::{self, Listeners, PlaneEvent},
    },
    model::{cloud, pair::export},
    stores::{PairStoreFields, Stores},
};

const NAME: &str = "scatter";

/// The cloud over the times on screen, and the in-sample line of every model over the whole range.
#[component]
pub(super) fn ScatterPanel() -> impl IntoView {
    let stores = Stores::from_context();
    let node = NodeRef::<html::Div>::new();
    let listeners = StoredValue::new_local(None::<Listeners>);
    let size = RwSignal::new((0, 0));
    let is_drawn = RwSignal::new(false);
    let failure = RwSignal::new(None::<String>);
    let transform = Memo::new(move |_| stores.view.with(|view| view.pair.transform));
    let title = Signal::derive(move || {
        stores
            .view
            .with(|view| format!("{} against {}", view.pair.y.short(), view.pair.x.short()))
    });
    let entries = Memo::new(move |_| {
        let entry = |line: &api_types::PairLine| {
            Entry::line(
                model_name(line.model),
                model_colour(line.model),
                format!("β {}", number(line.beta, 5)),
            )
        };
        stores
            .pair
            .lines()
            .with(|lines| lines.iter().map(entry).collect::<Vec<_>>())
    });

    let stage = Stage::of_pair(stores);
    let paint = move || {
        let (Some(element), Some(range)) =
            (node.get_untracked(), stores.screen.range.get_untracked())
        else {
            return;
        };
        let (width, height) = size.get_untracked();
        let sheet = Sheet {
            range,
            zone: stores.preferences.settings.get_untracked().zone,
            palette: Palette::read(),
            width,
            height,
            revision: stores.revision.get_untracked(),
        };
        let figure = stores.pair.with_untracked(|pair| {
            let points = pair.points_for(range).points();
            let window = stores.view.with_untracked(|view| view.cloud);
            (!points.is_empty()).then(|| {
                scatter::figure(
                    &sheet,
                    points,
                    &pair.lines,
                    transform.get_untracked(),
                    window,
                )
            })
        });
        if let Some(figure) = figure {
            let outcome = plotly::react(&element, &figure);
            failure.set(outcome.as_ref().err().map(ToString::to_string));
            if outcome.is_ok() && !is_drawn.get_untracked() {
                is_drawn.set(true);
            }
        }
    };
    let painter = Painter::new(paint);
    // What a hand has chosen to see, or all that is drawn.
    let shown = move || {
        let chosen = stores.view.with_untracked(|view| view.cloud);
        chosen.or_else(|| plotly::plane(&*node.get_untracked()?))
    };
    let on_event = move |event: PlaneEvent| match event {
        PlaneEvent::Moving => painter.hold(),
        PlaneEvent::Moved([x, y]) => {
            painter.release();
            if let Some([x0, x1, y0, y1]) = shown() {
                let [x0, x1] = x.unwrap_or([x0, x1]);
                let [y0, y1] = y.unwrap_or([y0, y1]);
                stores
                    .view
                    .update(|view| view.cloud = Some([x0, x1, y0, y1]));
            }
        }
        PlaneEvent::Reset => stores.view.update(|view| view.cloud = None),
    };
    // Plotly takes listeners only after the first drawing.
    Effect::new(move |_| {
        if let (true, Some(element)) = (is_drawn.get(), node.get()) {
            listeners.set_value(Some(Listeners::attach_to_plane(&element, on_event)));
        }
    });
    Effect::new(move |_| {
        stores.pair.series().track();
        stores.pair.lines().track();
        stores.screen.range.track();
        painter.request();
    });
    Effect::new(move |_| {
        stores.preferences.is_dark.track();
        stores.revision.track();
        stores.view.with(|view| (view.zoom, view.cloud));
        painter.request_now();
    });
    use_resize_observer(node, move |entries, _| {
        if let Some(rectangle) = entries
            .first()
            .map(web_sys::ResizeObserverEntry::content_rect)
        {
            size.set((rectangle.width() as i32, rectangle.height() as i32));
        }
        if let (true, Some(element)) = (is_drawn.get_untracked(), node.get_untracked()) {
            // A chart that cannot be resized is drawn at its new size with the next numbers.
            let _ = plotly::resize(&element);
        }
        painter.request_now();
    });
    on_cleanup(move || {
        if let Some(element) = node.get_untracked() {
            plotly::purge(&element);
        }
    });
    grip::leave_wheel_to_page(node);
    let on_key = move |event: KeyboardEvent| {
        let key = event.key();
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        if matches!(key.as_str(), "0" | "End") {
            stores.view.update(|view| view.cloud = None);
        } else if let Some(moved) = shown().and_then(|shown| cloud::press(&key, shown)) {
            stores.view.update(|view| view.cloud = Some(moved));
        } else {
            return;
        }
        event.prevent_default();
    };
    let csv = Csv::Made(Callback::new(move |()| {
        stores
            .pair
            .lines()
            .with_untracked(|lines| (!lines.is_empty()).then(|| export::lines(lines).into()))
    }));
    let is_lost = move || !stores.is_current();
    view! {
        <section class="panel square" aria-label="Scatter plot" data-panel=NAME>
            <header class="panel-head">
                <h2 class="panel-title">{move || title.get()}</h2>
                <Legend entries=entries.into()/>
                <Actions name=NAME title csv node=Some(node)/>
            </header>
            <div class="plot-box" class:stale=is_lost>
                <div
                    node_ref=node
                    class="plot"
                    id=NAME
                    tabindex="0"
                    role="application"
                    aria-roledescription="chart"
                    aria-label="Closes of one leg against the other, with the fitted line of every model. Arrows move it, plus and minus zoom, 0 shows everything."
                    data-testid="plot"
                    data-chart=NAME
                    on:keydown=on_key
                    on:pointerdown=move |_| {
                        painter.hold();
                        grip::choose(node);
                    }
                    on:pointerup=move |_| painter.release()
                ></div>
                <ChartState load=stage.load failure=failure.into() is_drawn=is_drawn.into()/>
            </div>
        </section>
    }
}

const fn model_name(model: api_types::Model) -> &'static str {
    super::statistics::model_name(model)
}

const fn model_colour(model: api_types::Model) -> &'static str {
    match model {
        api_types::Model::Ols => "--ols",
        api_types::Model::Huber => "--huber",
        api_types::Model::TheilSen => "--theil-sen",
        api_types::Model::Kalman => "--kalman",
    }
}
