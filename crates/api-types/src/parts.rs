//! Reading objects part by part.
//!
//! serde reads what `tag` and `flatten` mark by way of a tree of untyped values: everything below is held twice, and the code that reads
//! it exists twice, 32 kB of what a visitor of the dashboard would download. Here the JSON text of an object is kept
//! as it is instead, and each of its parts is read from it. So these types are read from JSON alone.

/// [`Deserialize`](serde::Deserialize) for a struct whose last field is flattened: each field but that one by its name, and
/// that one from the whole object.
macro_rules! read_in_parts {
    ($type:ident { $($(#[$attribute:meta])* $field:ident: $of:ty,)* .. $part:ident }) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                #[serde(rename_all = "camelCase")]
                struct Named {
                    $($(#[$attribute])* $field: $of,)*
                }
                let object = Box::<serde_json::value::RawValue>::deserialize(deserializer)?;
                let Named { $($field,)* } = $crate::parts::read(&object)?;
                Ok(Self { $($field,)* $part: $crate::parts::read(&object)? })
            }
        }
    };
}

pub(crate) use read_in_parts;

/// Reads a part from the text of an object.
pub(crate) fn read<T: serde::de::DeserializeOwned, E: serde::de::Error>(
    object: &serde_json::value::RawValue,
) -> Result<T, E> {
    serde_json::from_str(object.get()).map_err(E::custom)
}
