//! One chart over time: Plotly on one side, the stores on the other.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use leptos_use::{
    UseIntersectionObserverOptions, use_intersection_observer_with_options, use_resize_observer,
};

use super::{
    chart_state::{ChartLoad, ChartState},
    crosshair::Crosshair,
    grip,
};
use crate::{
    charts::Sheet,
    components::painter::Painter,
    edge::{
        clock,
        palette::Palette,
        plotly::{self, ChartEvent, Figure, Listeners},
    },
    stores::{PairLoad, PairStoreFields, Screen, Stores},
};

/// Draws a figure on a sheet; `None` while there is nothing to draw.
pub(in crate::components) type Draw = Box<dyn Fn(&Sheet) -> Option<Figure>>;

/// What the charts of a view have in common.
#[derive(Clone, Copy)]
pub(in crate::components) struct Stage {
    /// The times on screen.
    pub(in crate::components) screen: Screen,
    /// The moment under the pointer, ms since the epoch.
    pub(in crate::components) crosshair: RwSignal<Option<i64>>,
    /// What they show: while it stays, so does what a hand has done to them.
    pub(in crate::components) revision: Signal<String>,
    pub(in crate::components) load: Signal<ChartLoad>,
    /// Whether the numbers are not those that are meant.
    pub(in crate::components) is_stale: Signal<bool>,
}

impl Stage {
    /// Of the charts of the pair.
    pub(super) fn of_pair(stores: Stores) -> Self {
        let load = Memo::new(move |_| {
            let is_empty = stores.pair.series().with(|series| series.first().is_none());
            match stores.pair.load().get() {
                PairLoad::Loading => ChartLoad::Reading { is_empty },
                PairLoad::TooFew { .. } => ChartLoad::TooFew,
                PairLoad::Refused(_) | PairLoad::Failed(_) if is_empty => ChartLoad::Nothing,
                PairLoad::Ready | PairLoad::Refused(_) | PairLoad::Failed(_) => ChartLoad::Ready,
            }
        });
        Self {
            screen: stores.screen,
            crosshair: stores.crosshair,
            revision: stores.revision.into(),
            load: load.into(),
            is_stale: Signal::derive(move || !stores.is_current()),
        }
    }
}

/// The drawing, the line under the pointer, and what stands in place of a drawing.
#[component]
pub(in crate::components) fn Plot(
    stage: Stage,
    /// Name in the page, unique.
    id: &'static str,
    /// What it shows, for those who do not see it.
    label: &'static str,
    /// The chart's element, for the picture.
    node: NodeRef<html::Div>,
    /// What is drawn; reads the stores without tracking them.
    draw: Draw,
    /// What the drawing depends on besides the times on screen, tracked.
    track: Box<dyn Fn()>,
    /// Whether what is drawn is there whatever becomes of the analysis.
    stands_alone: Signal<bool>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let Stage {
        screen,
        crosshair,
        revision,
        load,
        is_stale,
    } = stage;
    let listeners = StoredValue::new_local(None::<Listeners>);
    let size = RwSignal::new((0, 0));
    let in_sight = RwSignal::new(false);
    let is_drawn = RwSignal::new(false);
    let failure = RwSignal::new(None::<String>);

    let paint = move || {
        let (Some(element), Some(range)) = (node.get_untracked(), screen.range.get_untracked())
        else {
            return false;
        };
        let (width, height) = size.get_untracked();
        let zone = stores.preferences.settings.get_untracked().zone;
        let sheet = Sheet {
            range,
            zone,
            palette: Palette::read(),
            width,
            height,
            revision: format!("{} {zone:?}", revision.get_untracked()),
        };
        let Some(figure) = untrack(|| draw(&sheet)) else {
            return false;
        };
        let outcome = plotly::react(&element, &figure);
        failure.set(outcome.as_ref().err().map(ToString::to_string));
        outcome.is_ok()
    };
    let painter = Painter::new(move || {
        if in_sight.get_untracked() && paint() && !is_drawn.get_untracked() {
            is_drawn.set(true);
        }
    });

    let on_event = move |event: ChartEvent| {
        let zone = stores.preferences.settings.get_untracked().zone;
        let moment = |wall: f64| clock::from_wall(wall as i64, zone);
        match event {
            ChartEvent::Moving(window) => {
                painter.hold();
                if let Some((from, to)) = window {
                    screen.drag(moment(from), moment(to));
                }
            }
            ChartEvent::Moved { from, to } => {
                painter.release();
                screen.show(moment(from), moment(to));
                painter.request_now();
            }
            ChartEvent::Reset => {
                screen.follow();
                painter.request_now();
            }
            ChartEvent::Hover(wall) => crosshair.set(Some(moment(wall))),
            ChartEvent::Leave => crosshair.set(None),
        }
    };
    // Plotly takes listeners only after the first drawing.
    Effect::new(move |_| {
        if let (true, Some(element)) = (is_drawn.get(), node.get()) {
            listeners.set_value(Some(Listeners::attach(&element, on_event)));
        }
    });
    // New numbers wait for their turn.
    Effect::new(move |_| {
        track();
        painter.request();
    });
    // What a person chose is answered at once.
    Effect::new(move |_| {
        stores.preferences.settings.track();
        stores.preferences.is_dark.track();
        revision.track();
        stores.view.with(|view| view.zoom);
        in_sight.track();
        painter.request_now();
    });
    Effect::new(move |_| {
        screen.range.track();
        painter.request();
    });
    use_resize_observer(node, move |entries, _| {
        let Some(rectangle) = entries
            .first()
            .map(web_sys::ResizeObserverEntry::content_rect)
        else {
            return;
        };
        size.set((rectangle.width() as i32, rectangle.height() as i32));
        screen.measure(rectangle.width() as i32);
        if let (true, Some(element)) = (is_drawn.get_untracked(), node.get_untracked()) {
            // A chart that cannot be resized is drawn at its new size with the next numbers.
            let _ = plotly::resize(&element);
        }
        painter.request_now();
    });
    // A chart out of sight is not drawn; one that is about to come into sight is.
    let options = UseIntersectionObserverOptions::default().root_margin("200px");
    let _ = use_intersection_observer_with_options(
        node,
        move |entries, _| {
            if let Some(entry) = entries.last() {
                in_sight.set(entry.is_intersecting());
            }
        },
        options,
    );
    grip::leave_wheel_to_page(node);
    on_cleanup(move || {
        if let Some(element) = node.get_untracked() {
            plotly::purge(&element);
        }
    });

    let on_key = move |event: KeyboardEvent| {
        if !event.ctrl_key() && !event.meta_key() && !event.alt_key() && screen.press(&event.key())
        {
            event.prevent_default();
        }
    };
    let on_pointer = move |_| {
        painter.hold();
        grip::choose(node);
    };
    view! {
        <div class="plot-box" class:stale=move || is_stale.get()>
            <div
                node_ref=node
                class="plot"
                id=id
                tabindex="0"
                role="application"
                aria-roledescription="chart"
                aria-label=format!("{label}. Arrow left and right move through time, plus and minus zoom, 0 shows everything.")
                data-testid="plot"
                data-chart=id
                on:keydown=on_key
                on:pointerdown=on_pointer
                on:pointerup=move |_| painter.release()
                on:mouseleave=move |_| crosshair.set(None)
            ></div>
            <Crosshair screen crosshair/>
            <ChartState load failure=failure.into() is_drawn=is_drawn.into() stands_alone/>
        </div>
    }
}
