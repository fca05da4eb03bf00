//! Stream frames.

use super::{
    reject::{Reject, RejectReason},
    scan::{Scanner, Text, Token},
    trade_fields::TradeFields,
};
use crate::Trade;

/// What a frame of the stream says. Borrows from the frame; nothing is copied.
///
/// No kind of frame is an error: whatever arrives, the stream goes on with the next one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Frame<'a> {
    /// An aggregated trade.
    AggTrade(AggTrade<'a>),
    /// An aggregated trade that must not be stored as one.
    Rejected(Reject<'a>),
    /// The exchange did what a control message asked for.
    Reply {
        /// The id that the message carried.
        id: Option<i64>,
        /// The result as JSON text: `null`, or the list of subscriptions.
        result: &'a str,
    },
    /// The exchange refused a control message.
    Error {
        /// The id that the message carried, if the refusal names it.
        id: Option<i64>,
        /// The exchange's number for what went wrong.
        code: Option<i64>,
        /// What it says, escapes as they came.
        msg: &'a str,
    },
    /// JSON that is none of the above: another type of event, for instance.
    Other {
        /// Name of the stream in a combined frame, escapes as they came.
        stream: Option<&'a str>,
        /// Type of the event, escapes as they came.
        event: Option<&'a str>,
    },
    /// Not JSON.
    Malformed(Malformed),
}

/// An aggregated trade as it arrives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AggTrade<'a> {
    /// The market's name; not checked beyond its length.
    pub symbol: &'a str,
    /// When the exchange sent it (`E`), milliseconds since the epoch; `None` if that was missing or
    /// absurd, which costs a measurement of lag and not a trade.
    pub event_ms: Option<i64>,
    /// The trade.
    pub trade: Trade,
}

/// Where a text stops being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// Bytes from the start.
    pub at: usize,
    /// What was wrong there.
    pub what: &'static str,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

/// Reads one frame, combined (`{"stream":…,"data":{…}}`) or raw.
///
/// Keys may come in any order; unknown ones are skipped whatever they hold. Prices and quantities
/// get the bits of the nearest `f64`. O(length), no allocation.
#[must_use]
pub fn decode(text: &str) -> Frame<'_> {
    read(text).unwrap_or_else(Frame::Malformed)
}

/// [`decode`] for bytes that may not be UTF-8.
#[must_use]
pub fn decode_bytes(bytes: &[u8]) -> Frame<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => decode(text),
        Err(error) => Frame::Malformed(Malformed {
            at: error.valid_up_to(),
            what: "not UTF-8",
        }),
    }
}

/// The members of a frame around the event.
#[derive(Default)]
struct Envelope<'a> {
    stream: Option<Token<'a>>,
    data: Option<Data>,
    result: Option<&'a str>,
    id: Option<Token<'a>>,
    error: ErrorFields<'a>,
}

/// What stands under `data`.
#[derive(Clone, Copy)]
enum Data {
    /// An object, whose members were collected.
    Event,
    /// Some streams send a list.
    NoObject,
}

#[derive(Default)]
struct ErrorFields<'a> {
    /// There was an `error` member, or a `code`.
    present: bool,
    code: Option<i64>,
    msg: Option<&'a str>,
}

fn read(text: &str) -> Result<Frame<'_>, Malformed> {
    let mut scanner = Scanner::new(text);
    if scanner.peek() != Some(b'{') {
        scanner.value()?;
        scanner.end()?;
        return Ok(Frame::Other {
            stream: None,
            event: None,
        });
    }
    let mut envelope = Envelope::default();
    // Of a combined frame and of a raw one; a frame has been seen to be one or the other.
    let (mut inner, mut outer) = (TradeFields::default(), TradeFields::default());
    scanner.object(|scanner, key| {
        // Keys of an event have one letter, keys of the envelope have more, escapes aside.
        if key.raw.len() == 1 {
            outer.member(scanner, key)
        } else {
            envelope.member(scanner, key, &mut inner, &mut outer)
        }
    })?;
    scanner.end()?;
    Ok(envelope.frame(&inner, &outer))
}

impl<'a> Envelope<'a> {
    fn member(
        &mut self,
        scanner: &mut Scanner<'a>,
        key: Text<'a>,
        inner: &mut TradeFields<'a>,
        outer: &mut TradeFields<'a>,
    ) -> Result<(), Malformed> {
        if key.is("stream") {
            self.stream = Some(scanner.value()?);
        } else if key.is("data") {
            if self.data.is_some() {
                return Err(scanner.fail("two payloads"));
            }
            self.data = Some(if scanner.peek() == Some(b'{') {
                scanner.object(|scanner, key| inner.member(scanner, key))?;
                Data::Event
            } else {
                scanner.value()?;
                Data::NoObject
            });
        } else if key.is("result") {
            scanner.peek();
            let from = scanner.at();
            scanner.value()?;
            self.result = Some(scanner.since(from));
        } else if key.is("id") {
            self.id = Some(scanner.value()?);
        } else if key.is("error") {
            self.error.present = true;
            if scanner.peek() == Some(b'{') {
                scanner.object(|scanner, key| self.error.member(scanner, key))?;
            } else {
                scanner.value()?;
            }
        } else if key.is("code") || key.is("msg") {
            self.error.present = true;
            self.error.member(scanner, key)?;
        } else {
            // An escaped single letter, or a field that is not known.
            outer.member(scanner, key)?;
        }
        Ok(())
    }

    fn frame(self, inner: &TradeFields<'a>, outer: &TradeFields<'a>) -> Frame<'a> {
        let stream = match self.stream {
            Some(Token::Text(text)) => Some(text.raw),
            _ => None,
        };
        match self.data {
            Some(Data::Event) => event_frame(stream, inner),
            Some(Data::NoObject) => Frame::Other {
                stream,
                event: None,
            },
            None if outer.event().is_some() => event_frame(stream, outer),
            None if self.error.present => {
                let id = self.id.and_then(Token::integer);
                let ErrorFields { code, msg, .. } = self.error;
                Frame::Error {
                    id,
                    code,
                    msg: msg.unwrap_or_default(),
                }
            }
            None => match (self.result, self.id) {
                (None, None) => Frame::Other {
                    stream,
                    event: None,
                },
                (result, id) => Frame::Reply {
                    id: id.and_then(Token::integer),
                    result: result.unwrap_or("null"),
                },
            },
        }
    }
}

impl<'a> ErrorFields<'a> {
    fn member(&mut self, scanner: &mut Scanner<'a>, key: Text<'a>) -> Result<(), Malformed> {
        match scanner.value()? {
            token @ Token::Number(_) if key.is("code") => self.code = token.integer(),
            Token::Text(text) if key.is("msg") => self.msg = Some(text.raw),
            _ => {}
        }
        Ok(())
    }
}

#[inline]
fn event_frame<'a>(stream: Option<&'a str>, fields: &TradeFields<'a>) -> Frame<'a> {
    let event = fields.event();
    if !event.is_some_and(|event| event.is("aggTrade")) {
        return Frame::Other {
            stream,
            event: event.map(|event| event.raw),
        };
    }
    match (fields.symbol(), fields.trade()) {
        (Some(symbol), Ok(trade)) => Frame::AggTrade(AggTrade {
            symbol,
            event_ms: fields.event_ms(),
            trade,
        }),
        (_, Err(RejectReason::DuplicateKey)) => {
            Frame::Rejected(fields.reject(RejectReason::DuplicateKey))
        }
        (None, _) => Frame::Rejected(fields.reject(RejectReason::BadSymbol)),
        (Some(_), Err(reason)) => Frame::Rejected(fields.reject(reason)),
    }
}
