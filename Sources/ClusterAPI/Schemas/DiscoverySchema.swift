extension SchemaText {
    /// Endpoint slices.
    static let discovery = """
        package io.k8s.api.discovery.v1
        kind EndpointSlice discovery.k8s.io/v1 endpointslices endpointslice namespaced

        type EndpointSlice : A part of the addresses behind a service.
          metadata 1 ObjectMeta
          addressType 4 string ! enum(FQDN,IPv4,IPv6) : IPv4, IPv6 or FQDN.
          endpoints 2 []Endpoint ! : The addresses of this part.
          ports 3 []EndpointSlicePort : Ports of all of them.
        type Endpoint : One place behind a service.
          addresses 1 []string ! set : Its addresses.
          conditions 2 EndpointConditions
          hostname 3 string
          targetRef 4 ObjectReference : The pod.
          deprecatedTopology 5 {}string : Old place for where the endpoint is; zone and nodeName say it now.
          nodeName 6 string : Its node.
          zone 7 string : Its zone.
          hints 8 EndpointHints
        type EndpointConditions : What holds of it.
          ready 1 bool : It takes new traffic.
          serving 2 bool : It answers, although it may be ending.
          terminating 3 bool : It is ending.
        type EndpointHints : Who should use an endpoint.
          forZones 1 []ForZone : Zones whose clients should use it.
        type ForZone : A zone whose clients should use an endpoint.
          name 1 string !
        type EndpointSlicePort as EndpointPort atomic : A port of all endpoints of the slice.
          name 1 string =
          protocol 2 string =TCP enum(SCTP,TCP,UDP)
          port 3 int32
          appProtocol 4 string : The protocol spoken above it, such as http.
        """
}
