// What the dashboard's charts are made of: lines and points, bars, candles.
const Plotly = require("plotly.js/lib/core");

Plotly.register([require("plotly.js/lib/bar"), require("plotly.js/lib/candlestick")]);

module.exports = Plotly;
