//! Takes every trade of the exchange into the store
