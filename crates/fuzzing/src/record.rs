use ingestor::spool::record::decode;

/// A record of the spool: it is read or refused, and holds no more than its bytes can say.
///
/// # Panics
/// When that does not hold.
pub fn record(data: &[u8]) {
    if let Ok(record) = decode(data) {
        assert!(record.rows() <= data.len(), "{record:?}");
        assert_eq!(
            format!("{record:?}"),
            format!("{:?}", decode(data).expect("as before"))
        );
    }
}
