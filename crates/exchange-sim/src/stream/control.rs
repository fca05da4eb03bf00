//! Control messages: what a client may say on a stream, and the answers.

use serde::Deserialize;
use serde_json::{Value, json};

/// Streams that a connection may be subscribed to.
pub(super) const MOST_STREAMS: usize = 1_024;

/// The subscriptions and properties of a connection.
#[derive(Debug)]
pub(super) struct Session {
    /// In the order of subscription.
    pub(super) streams: Vec<String>,
    /// Whether frames are wrapped in `{"stream":…,"data":…}`.
    pub(super) combined: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Method {
    Subscribe,
    Unsubscribe,
    ListSubscriptions,
    SetProperty,
    GetProperty,
}

#[derive(Deserialize)]
struct Request {
    method: Method,
    #[serde(default)]
    params: Vec<Value>,
}

impl Session {
    /// Does what `text` asks for and returns the answer.
    pub(super) fn handle(&mut self, text: &str) -> Value {
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => return refusal(3, format!("Invalid JSON: {error}")),
        };
        let Some(id) = value.get("id").and_then(Value::as_u64) else {
            return refusal(2, "Invalid request: request ID must be an unsigned integer");
        };
        // From the text again, so that the message names line and column.
        let request: Request = match serde_json::from_str(text) {
            Ok(request) => request,
            Err(error) => return refusal(2, format!("Invalid request: {error}")),
        };
        match self.answer(&request) {
            Ok(result) => json!({ "result": result, "id": id }),
            Err(refusal) => refusal,
        }
    }

    /// Adds streams, unless they would be too many.
    pub(super) fn subscribe(&mut self, streams: Vec<String>) -> Result<(), String> {
        let mut all = self.streams.clone();
        for stream in streams {
            if !all.contains(&stream) {
                all.push(stream);
            }
        }
        if all.len() > MOST_STREAMS {
            return Err(format!(
                "Invalid request: too many streams, the limit is {MOST_STREAMS}"
            ));
        }
        self.streams = all;
        Ok(())
    }

    fn answer(&mut self, request: &Request) -> Result<Value, Value> {
        let params = &request.params;
        match request.method {
            Method::Subscribe => {
                self.subscribe(names(params)?)
                    .map_err(|message| refusal(2, message))?;
                Ok(Value::Null)
            }
            Method::Unsubscribe => {
                let names = names(params)?;
                self.streams.retain(|stream| !names.contains(stream));
                Ok(Value::Null)
            }
            Method::ListSubscriptions if params.is_empty() => Ok(json!(self.streams)),
            Method::SetProperty => match params.as_slice() {
                [name, value] => {
                    property(name)?;
                    let value = value.as_bool();
                    self.combined =
                        value.ok_or_else(|| refusal(1, "Invalid value type: expected Boolean"))?;
                    Ok(Value::Null)
                }
                _ => Err(wrong_count(params.len(), 2)),
            },
            Method::GetProperty => match params.as_slice() {
                [name] => {
                    property(name)?;
                    Ok(self.combined.into())
                }
                _ => Err(wrong_count(params.len(), 1)),
            },
            Method::ListSubscriptions => Err(wrong_count(params.len(), 0)),
        }
    }
}

fn names(params: &[Value]) -> Result<Vec<String>, Value> {
    let name = |param: &Value| param.as_str().map(str::to_owned);
    let names: Option<Vec<String>> = params.iter().map(name).collect();
    names.ok_or_else(|| refusal(2, "Invalid request: stream name must be a string"))
}

fn property(name: &Value) -> Result<(), Value> {
    match name.as_str() {
        Some("combined") => Ok(()),
        Some(_) => Err(refusal(0, "Unknown property")),
        None => Err(refusal(
            2,
            "Invalid request: property name must be a string",
        )),
    }
}

fn wrong_count(found: usize, expected: usize) -> Value {
    let few_or_many = if found > expected { "many" } else { "few" };
    refusal(2, format!("Invalid request: too {few_or_many} parameters"))
}

fn refusal(code: u32, message: impl Into<String>) -> Value {
    json!({ "code": code, "msg": message.into() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn session() -> Session {
        Session {
            streams: Vec::new(),
            combined: true,
        }
    }

    #[test]
    fn subscriptions_are_added_listed_and_taken_away() {
        let mut session = session();
        let null = |id: u64| json!({ "result": null, "id": id });
        let said = |session: &mut Session, text: &str| session.handle(text);
        let subscribe =
            r#"{"method":"SUBSCRIBE","params":["btcusdt@aggTrade","ethusdt@aggTrade"],"id":1}"#;
        assert_eq!(said(&mut session, subscribe), null(1));
        assert_eq!(said(&mut session, subscribe), null(1));
        let list = r#"{"method":"LIST_SUBSCRIPTIONS","id":3}"#;
        let both = json!({ "result": ["btcusdt@aggTrade", "ethusdt@aggTrade"], "id": 3 });
        assert_eq!(said(&mut session, list), both);
        let unsubscribe = r#"{"method":"UNSUBSCRIBE","params":["btcusdt@aggTrade"],"id":312}"#;
        assert_eq!(said(&mut session, unsubscribe), null(312));
        assert_eq!(session.streams, ["ethusdt@aggTrade"]);
        assert_eq!(
            said(
                &mut session,
                r#"{"method":"SET_PROPERTY","params":["combined",false],"id":5}"#
            ),
            null(5)
        );
        let get = r#"{"method":"GET_PROPERTY","params":["combined"],"id":2}"#;
        assert_eq!(said(&mut session, get), json!({ "result": false, "id": 2 }));
    }

    #[test]
    fn mistakes_get_the_codes_of_the_exchange() {
        let refused = |text: &str| {
            let answer = session().handle(text);
            (
                answer["code"].as_u64().unwrap(),
                answer["msg"].as_str().unwrap().to_owned(),
            )
        };
        assert!(refused("{").1.starts_with("Invalid JSON: "));
        assert_eq!(refused("nonsense").0, 3);
        assert!(
            refused(r#"{"method":"SUBSCRIBE","params":[]}"#)
                .1
                .contains("request ID must be an unsigned integer")
        );
        assert!(refused(r#"{"id":1}"#).1.contains("missing field `method`"));
        assert!(
            refused(r#"{"method":"SUBSCRIB","id":1}"#)
                .1
                .contains("unknown variant `SUBSCRIB`, expected one of `SUBSCRIBE`")
        );
        assert_eq!(
            refused(r#"{"method":"GET_PROPERTY","params":["x"],"id":1}"#).0,
            0
        );
        assert_eq!(
            refused(r#"{"method":"SET_PROPERTY","params":["combined",1],"id":1}"#).0,
            1
        );
        assert!(
            refused(r#"{"method":"LIST_SUBSCRIPTIONS","params":["x"],"id":1}"#)
                .1
                .contains("too many parameters")
        );
    }

    #[test]
    fn a_connection_has_at_most_1024_streams() {
        let mut session = session();
        let names = |n: usize| (0..n).map(|i| format!("s{i}@aggTrade")).collect::<Vec<_>>();
        assert!(session.subscribe(names(1_024)).is_ok());
        let one_more = r#"{"method":"SUBSCRIBE","params":["more@aggTrade"],"id":1}"#;
        assert_eq!(session.handle(one_more)["code"], 2);
        assert_eq!(session.streams.len(), 1_024);
    }

    proptest! {
        #[test]
        fn any_message_gets_an_answer(text in ".{0,80}") {
            prop_assert!(session().handle(&text).is_object());
        }
    }
}
