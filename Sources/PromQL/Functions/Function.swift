import QueryLanguage

/// A function of PromQL: its name, what it takes and gives. How it is computed stands with its family.
package struct Function: Sendable {
    package let name: String
    let parameters: [ValueType]
    /// Further arguments of the last type: 0 none, a positive number that many optional ones, negative any number.
    let variadic: Int
    package let result: ValueType

    init(_ name: String, _ parameters: [ValueType], variadic: Int = 0, _ result: ValueType = .vector) {
        self.name = name
        self.parameters = parameters
        self.variadic = variadic
        self.result = result
    }

    package static func named(_ name: String) -> Function? { table[name] }

    /// Names of all functions, sorted.
    package static var names: [String] { table.keys.sorted() }

    private static let table: [String: Function] = {
        var functions: [Function] = []
        for name in [
            "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "deg", "exp", "floor", "ln", "log10", "log2", "rad",
            "sgn", "sin", "sinh", "sqrt", "tan", "tanh", "absent", "sort", "sort_desc", "timestamp", "start_timestamp", "histogram_avg",
            "histogram_count", "histogram_sum", "histogram_stddev", "histogram_stdvar",
        ] {
            functions.append(Function(name, [.vector]))
        }
        for name in ["day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "year"] {
            functions.append(Function(name, [.vector], variadic: 1))
        }
        for name in [
            "absent_over_time", "avg_over_time", "changes", "count_over_time", "delta", "deriv", "first_over_time", "idelta", "increase", "irate",
            "last_over_time", "mad_over_time", "max_over_time", "min_over_time", "present_over_time", "rate", "resets", "stddev_over_time",
            "stdvar_over_time", "sum_over_time", "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time",
        ] {
            functions.append(Function(name, [.matrix]))
        }
        functions += [
            Function("clamp", [.vector, .scalar, .scalar]), Function("clamp_max", [.vector, .scalar]), Function("clamp_min", [.vector, .scalar]),
            Function("round", [.vector, .scalar], variadic: 1), Function("scalar", [.vector], .scalar), Function("vector", [.scalar]),
            Function("time", [], .scalar), Function("pi", [], .scalar), Function("start", [], .scalar), Function("end", [], .scalar),
            Function("step", [], .scalar), Function("range", [], .scalar), Function("max_of", [.scalar, .scalar], .scalar),
            Function("min_of", [.scalar, .scalar], .scalar), Function("label_join", [.vector, .string, .string, .string], variadic: -1),
            Function("label_replace", [.vector, .string, .string, .string, .string]), Function("predict_linear", [.matrix, .scalar]),
            Function("double_exponential_smoothing", [.matrix, .scalar, .scalar]), Function("quantile_over_time", [.scalar, .matrix]),
            Function("histogram_quantile", [.scalar, .vector]), Function("histogram_fraction", [.scalar, .scalar, .vector]),
            Function("histogram_quantiles", [.vector, .string, .scalar, .scalar], variadic: 9), Function("info", [.vector, .vector], variadic: 1),
            Function("sort_by_label", [.vector, .string], variadic: -1), Function("sort_by_label_desc", [.vector, .string], variadic: -1),
        ]
        return Dictionary(uniqueKeysWithValues: functions.map { ($0.name, $0) })
    }()
}
