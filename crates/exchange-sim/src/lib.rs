//! A simulated Binance USD-M exchange with faults on demand
