//! What can become of any call, said once: every layer before the handlers has its answers.

use utoipa::openapi::{
    ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder,
    path::{Operation, PathItem},
    security::{
        ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
    },
};

/// Answers to every call.
const TO_ALL: [(&str, &str); 4] = [
    (
        "400",
        "The request is malformed: a parameter is wrong, or there is no `Host`",
    ),
    (
        "421",
        "`Host` is no name that this server goes by; the setting ALLOWED_HOSTS adds names",
    ),
    (
        "429",
        "Too many requests of this client; `Retry-After` says when to try again",
    ),
    (
        "503",
        "The database is away (`database-away`), busy (`database-busy`), too slow (`query-timeout`) or of \
         too old a version (`schema-too-old`), or there was no answer in time \
         (`request-timeout`); `Retry-After` says when to try again",
    ),
];
/// Answers to calls below `/api`.
const TO_DATA: [(&str, &str); 1] = [(
    "401",
    "The token of this server is needed, and was not given or is wrong (see `/api/v1/session`)",
)];
/// Answers to calls that change something.
const TO_WRITES: [(&str, &str); 1] = [("403", "A page of another site sent this")];
/// Answers to calls with a body.
const TO_BODIES: [(&str, &str); 3] = [
    ("408", "The body came too slowly"),
    ("413", "The body is too large"),
    (
        "415",
        "The body is of another kind, or the header `content-type` does not say which",
    ),
];

/// The answer to a request that is refused before anything reads it, and therefore has no body.
const HEADER_TOO_LARGE: (&str, &str) = (
    "431",
    "The request line and the header are larger than 64 KiB, or have more than 100 lines",
);

/// Adds to every operation what it does not say itself.
pub(super) fn add(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for (is_write, operation) in operations(item) {
            let is_data = path.starts_with("/api/") || path == "/metrics";
            let has_body = operation.request_body.is_some();
            for (applies, answers) in [
                (true, &TO_ALL[..]),
                (is_data, &TO_DATA),
                (is_write, &TO_WRITES),
                (has_body, &TO_BODIES),
            ] {
                for (status, description) in answers.iter().filter(|_| applies) {
                    let answer = || RefOr::T(problem(description));
                    let answers = &mut operation.responses.responses;
                    answers.entry((*status).to_owned()).or_insert_with(answer);
                }
            }
            let (status, description) = HEADER_TOO_LARGE;
            operation.responses.responses.insert(
                status.to_owned(),
                RefOr::T(ResponseBuilder::new().description(description).build()),
            );
            if is_data && path != "/api/v1/session" {
                let needs = |scheme: &str| SecurityRequirement::new(scheme, Vec::<String>::new());
                // Whether one is needed is the server's setting.
                operation.security = Some(vec![
                    SecurityRequirement::default(),
                    needs("token"),
                    needs("session"),
                ]);
            }
        }
    }
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The server's API_TOKEN, if it has one"))
        .build();
    let session = ApiKeyValue::with_description(
        "spreadscope_session",
        "The cookie that `POST /api/v1/session` sets",
    );
    let schemes = &mut document.components.get_or_insert_default().security_schemes;
    schemes.insert("token".to_owned(), SecurityScheme::Http(token).into());
    schemes.insert(
        "session".to_owned(),
        SecurityScheme::ApiKey(ApiKey::Cookie(session)).into(),
    );
}

/// The operations of a path, each with whether it changes something.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    [
        (false, &mut item.get),
        (true, &mut item.put),
        (true, &mut item.post),
        (true, &mut item.delete),
        (true, &mut item.patch),
    ]
    .into_iter()
    .filter_map(|(is_write, operation)| Some((is_write, operation.as_mut()?)))
}

fn problem(description: &str) -> Response {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build()
}
