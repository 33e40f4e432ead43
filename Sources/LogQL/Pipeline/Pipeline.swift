import Bytes
import QueryLanguage
import Telemetry

/// The stages of a query, compiled.
struct Pipeline: Sendable {
    enum Stage: Sendable {
        case lineFilter(LineFilterStage)
        case json(JSONStage)
        case logfmt(LogfmtStage)
        case pattern(PatternStage)
        case regexp(RegexpStage)
        case unpack(UnpackStage)
        case labelFilter(LabelFilterStage)
        case lineFormat(LineFormatStage)
        case labelFormat(LabelFormatStage)
        case decolorize(DecolorizeStage)
        case selectLabels(LabelSelectionStage)
    }

    private(set) var stages: [Stage] = []
    /// Line filters the store applies in our place.
    private(set) var filters: [LineFilter] = []
    /// Labels that parsers must find; nil means all.
    private(set) var needed: [[UInt8]]?
    /// Whether any stage looks at lines.
    private(set) var readsLines = false
    /// Whether any stage writes lines, so that their length is not the stored one.
    private(set) var writesLines = false
    /// Whether any stage looks at labels or changes them.
    private(set) var touchesLabels = false

    /// Whether a condition names `__error__`.
    var asksForErrors: Bool {
        stages.contains { if case .labelFilter(let filter) = $0 { filter.names.contains(StageError.label) } else { false } }
    }

    /// - Parameter groups: the labels that the consumer wants; nil means all.
    init(_ expressions: [StageExpression], unwrap: Unwrap? = nil, groups: [String]? = nil) {
        var isStored = true
        for expression in expressions {
            switch expression {
            case .lineFilter(let filter):
                let stage = LineFilterStage(filter)
                if isStored {
                    filters += stage.necessary
                    if let pushed = stage.pushedDown {
                        filters.append(pushed)
                        continue
                    }
                }
                stages.append(.lineFilter(stage))
            case .json(let extractions): stages.append(.json(JSONStage(extractions)))
            case .logfmt(let isStrict, let keepsEmpty, let extractions):
                stages.append(.logfmt(LogfmtStage(isStrict: isStrict, keepsEmpty: keepsEmpty, extractions)))
            case .pattern(let text): if let stage = PatternStage(text) { stages.append(.pattern(stage)) }
            case .regexp(let text): if let stage = RegexpStage(text) { stages.append(.regexp(stage)) }
            case .unpack:
                stages.append(.unpack(UnpackStage()))
                isStored = false
            case .labelFilter(let filter): stages.append(.labelFilter(LabelFilterStage(filter)))
            case .lineFormat(let text):
                if let stage = LineFormatStage(text) { stages.append(.lineFormat(stage)) }
                isStored = false
            case .labelFormat(let formats): stages.append(.labelFormat(LabelFormatStage(formats)))
            case .decolorize:
                stages.append(.decolorize(DecolorizeStage()))
                isStored = false
            case .drop(let selections): stages.append(.selectLabels(LabelSelectionStage(selections, keeps: false)))
            case .keep(let selections): stages.append(.selectLabels(LabelSelectionStage(selections, keeps: true)))
            case .table: break
            }
        }
        writesLines = !isStored
        for stage in stages {
            switch stage {
            case .labelFilter, .selectLabels: touchesLabels = true
            case .lineFilter: readsLines = true
            default: (readsLines, touchesLabels) = (true, true)
            }
        }
        if var names = groups.map({ $0.map { Array($0.utf8) } }) {
            if let unwrap {
                names.append(Array(unwrap.label.utf8))
                for filter in unwrap.filters { names += LabelFilterStage(filter).names }
            }
            needed = needs(names)
        }
    }

    /// Labels some stage looks at, beside the given ones.
    private func needs(_ names: [[UInt8]]) -> [[UInt8]]? {
        var names = names
        for stage in stages {
            switch stage {
            case .labelFilter(let filter): names += filter.names
            case .selectLabels(let selection): names += selection.names
            case .lineFormat(let format):
                guard let fields = format.template.fields else { return nil }
                names += fields.map { Array($0.utf8) }
            case .labelFormat(let format):
                guard let fields = format.neededNames else { return nil }
                names += fields
            default: break
            }
        }
        // A label that is asked for by its suffixed name is found under its plain one.
        let suffix = Array("_extracted".utf8)
        for name in names where name.count > suffix.count && name.suffix(suffix.count).elementsEqual(suffix) {
            names.append(Array(name.dropLast(suffix.count)))
        }
        return names
    }

    /// Runs the stages; false drops the entry.
    func run(_ state: inout EntryState) -> Bool {
        for stage in stages {
            switch stage {
            case .lineFilter(let stage): if !stage.keeps(state) { return false }
            case .labelFilter(let stage): if !stage.keeps(&state) { return false }
            case .json(let stage): stage.apply(&state)
            case .logfmt(let stage): stage.apply(&state)
            case .pattern(let stage): stage.apply(&state)
            case .regexp(let stage): stage.apply(&state)
            case .unpack(let stage): stage.apply(&state)
            case .lineFormat(let stage): stage.apply(&state)
            case .labelFormat(let stage): stage.apply(&state)
            case .decolorize(let stage): stage.apply(&state)
            case .selectLabels(let stage): stage.apply(&state)
            }
        }
        return true
    }
}
