//! Small pictures on buttons, drawn by one pen.

use leptos::prelude::*;

/// What to draw.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Sun,
    Moon,
    Chevron,
    Search,
    Download,
    Picture,
    Plus,
    Minus,
    Latest,
    Cross,
    Pencil,
    Upload,
    Swap,
}

impl Shape {
    const fn path(self) -> &'static str {
        match self {
            Self::Sun => {
                "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8 13 13M13 3l-1.2 1.2M4.2 11.8 3 13"
            }
            Self::Moon => "M13.6 9.8A6 6 0 0 1 6.2 2.4a6 6 0 1 0 7.4 7.4Z",
            Self::Chevron => "m4 6 4 4 4-4",
            Self::Search => "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Zm3.3 7.8 3.2 3.2",
            Self::Download => "M8 2v8m0 0L4.8 6.8M8 10l3.2-3.2M2.5 13.5h11",
            Self::Picture => "M2 3h12v10H2zM2 11l3.5-3.5L9 11m-1-1 2.5-2.5L14 11",
            Self::Plus => "M8 3v10M3 8h10",
            Self::Minus => "M3 8h10",
            Self::Pencil => "m3 13 .8-3.2L11 2.6 13.4 5 6.2 12.2 3 13Z",
            Self::Upload => "M8 10V2m0 0L4.8 5.2M8 2l3.2 3.2M2.5 13.5h11",
            Self::Cross => "m4 4 8 8m0-8-8 8",
            Self::Swap => "M5 2.5v11m0 0L2.5 11M5 13.5 7.5 11M11 13.5v-11m0 0L8.5 5M11 2.5 13.5 5",
            Self::Latest => "m4 3 5 5-5 5m8-10v10",
        }
    }
}

/// Decoration: the button around it has the name.
#[component]
pub(super) fn Icon(
    /// What to draw.
    shape: Shape,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d=shape.path()/>
        </svg>
    }
}
